/** The host without OpenClaw: a configuration in memory and a log that tests can read. */

import type { DeliveryTarget, ForwardOutcome } from '../../src/mesh-api.ts'
import { policyKey, type Host, type HostConfig, type PolicyWrite } from '../../src/openclaw/host.ts'
import { publishMesh, retractMesh, type LiveMesh } from '../../src/openclaw/live-mesh.ts'
import { RunningTurns } from '../../src/openclaw/turns.ts'
import type { FakeMesh } from './fake-mesh.ts'
import { LogRecorder } from './log-recorder.ts'
import { Recorder } from './recorder.ts'

/** A text that a channel was given. */
export interface Shown {
  target: DeliveryTarget
  text: string
  replyToId?: string | undefined
}

export class FakeHost implements Host {
  readonly log = new LogRecorder()
  current: HostConfig = {}
  /** Peers whose entry was written and is not shown yet. */
  readonly underway = new Set<string>()
  /** Makes writing fail. */
  writeError: Error | undefined

  config = (): HostConfig => this.current

  /** What channels were given, and how they answer. */
  readonly shown = new Recorder<Shown>()
  channelAnswer: (shown: Shown) => Promise<ForwardOutcome> = async () => ({ kind: 'sent', platformIds: [`om_${String(this.shown.items.length)}`] })

  /** The longest message of every channel. */
  maxCharacters = 4000

  sendToChannel: Host['sendToChannel'] = async (target, write, options) => {
    const shown = { target, text: write(this.maxCharacters), ...options }
    this.shown.add(shown)
    return this.channelAnswer(shown)
  }

  denyTools = async (peerId: string): Promise<PolicyWrite> => {
    if (this.writeError !== undefined) throw this.writeError
    this.underway.add(peerId)
    return 'written'
  }

  isPolicyOnItsWay = (peerId: string): boolean => this.underway.has(peerId)

  /** The configuration now limits the tools of the peer's turns. */
  limitTools(peerId: string): void {
    this.current = { tools: { toolsBySender: { [policyKey(peerId)]: { deny: ['*'] } } } }
  }
}

export interface FakeLiveMesh extends LiveMesh, Disposable {
  mesh: FakeMesh
  host: FakeHost
}

/** Puts a mesh into the process's slot until it is disposed. */
export function goLive(mesh: FakeMesh, host = new FakeHost()): FakeLiveMesh {
  const live: LiveMesh & { mesh: FakeMesh, host: FakeHost } = { mesh, host, turns: new RunningTurns() }
  publishMesh(live)
  return Object.assign(live, { [Symbol.dispose]: () => { retractMesh(live) } })
}
