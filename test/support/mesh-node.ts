/** A mesh of a test: on loopback, in a state folder of its own, with everything that it told kept. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../../src/config/resolve.ts'
import type { ChannelInput, ConfigInput } from '../../src/config/schema.ts'
import { MeshError, type ErrorCode } from '../../src/lib/errors.ts'
import { Mesh, type MeshOptions } from '../../src/mesh.ts'
import type { DeliveryState, InboundMessage, MeshEvent, SendRequest } from '../../src/mesh-api.ts'
import { LogRecorder } from './log-recorder.ts'
import { Recorder } from './recorder.ts'

/** What makes a node stay on loopback and find nobody by itself. */
const ALONE: ConfigInput = { discovery: [], listenAddrs: ['/ip4/127.0.0.1/tcp/0'], enableUPnP: false }

/** More messages than a test sends. */
export const UNLIMITED = { rateLimit: { approvedPerMinute: 1_000_000, unapprovedPerHour: 1_000_000 } } as const satisfies ConfigInput

export interface MeshNodeOptions extends Partial<Pick<MeshOptions, 'clock' | 'random' | 'newId' | 'disk'>> {
  /** @default the name of the instance */
  name?: string
  config?: ConfigInput
  channel?: ChannelInput
  /** A folder that outlives the node. @default a folder that goes with it */
  stateDir?: string
}

/** Options of a mesh as the tests want it. */
export function meshOptions(options: MeshNodeOptions & { stateDir: string }, log: LogRecorder): MeshOptions {
  const { name, config, channel, ...rest } = options
  return { ...rest, config: resolveConfig({ ...ALONE, ...config }, channel ?? {}, { hostname: name ?? 'node' }), log, version: '0.0.0-test' }
}

/**
 * @example
 * await using alice = await MeshNode.start({ name: 'alice' })
 * await alice.mesh.sendMessage({ to: bob.address, text: 'hello' })
 */
export class MeshNode implements AsyncDisposable {
  readonly mesh: Mesh
  readonly stateDir: string
  readonly log: LogRecorder
  /** Everything since the first start, without what a subscription tells again. */
  readonly events = new Recorder<MeshEvent>()
  /** Stored messages that nobody took yet, as the last subscription told them. */
  leftOver: InboundMessage[] = []
  peerId = ''
  /** Ends in `/p2p/<peer ID>`. */
  address = ''
  readonly #isOwnFolder: boolean
  #unsubscribe = (): void => undefined
  #lastSeq = 0

  private constructor(stateDir: string, options: MeshNodeOptions) {
    this.stateDir = stateDir
    this.log = new LogRecorder()
    this.mesh = new Mesh(meshOptions({ ...options, stateDir }, this.log))
    this.#isOwnFolder = options.stateDir === undefined
  }

  /** A node that does not run yet. */
  static async create(options: MeshNodeOptions = {}): Promise<MeshNode> {
    return new MeshNode(options.stateDir ?? await mkdtemp(join(tmpdir(), 'mesh-node-')), options)
  }

  static async start(options: MeshNodeOptions = {}): Promise<MeshNode> {
    const node = await MeshNode.create(options)
    await node.start()
    return node
  }

  async start(): Promise<void> {
    await this.mesh.start()
    const { peerId, listenAddrs } = await this.mesh.status()
    this.peerId = peerId
    this.address = `${listenAddrs[0] ?? ''}/p2p/${peerId}`
    this.#unsubscribe()
    const { leftOver, missed, unsubscribe } = follow(this.mesh, this.#lastSeq, (event) => {
      this.#lastSeq = Math.max(event.seq, this.#lastSeq)
      this.events.add(event)
    })
    this.leftOver = leftOver
    this.#unsubscribe = unsubscribe
    await missed
  }

  async stop(): Promise<void> {
    await this.mesh.stop()
  }

  async send(to: MeshNode, text: string, more: Partial<SendRequest> = {}): ReturnType<Mesh['sendMessage']> {
    return await this.mesh.sendMessage({ to: to.peerId, text, ...more })
  }

  /** Messages that were given out, in order. */
  get received(): InboundMessage[] {
    return this.events.items.filter(event => event.type === 'message').map(event => event.message)
  }

  async waitForText(text: string): Promise<InboundMessage> {
    return await this.events.waitFor(`the message "${text.slice(0, 40)}"`, () => this.received.find(message => message.text === text))
  }

  async waitForState(messageId: string, state: DeliveryState): Promise<void> {
    await this.events.waitFor(`message ${messageId} to be ${state}`,
      events => events.find(event => event.type === 'delivery' && event.messageId === messageId && event.state === state))
  }

  /** Waits until the peer was connected or disconnected that many times since the first start. */
  async waitForPeer(type: 'peer-connected' | 'peer-disconnected', peerId: string, times = 1): Promise<void> {
    await this.events.waitFor(`${type} of ${peerId}`, events => events.filter(event => event.type === type && event.peerId === peerId).length >= times)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (this.#isOwnFolder) await rm(this.stateDir, { recursive: true, force: true })
  }
}

interface Followed {
  /** Stored messages that nobody took yet. */
  leftOver: InboundMessage[]
  /** Resolves when the events of before are told, too. */
  missed: Promise<void>
  unsubscribe: () => void
}

/** Tells every event after `after`, those between the start and this call included. */
export function follow(mesh: Mesh, after: number, tell: (event: MeshEvent) => void): Followed {
  const leftOver: InboundMessage[] = []
  const told = new Set<number>()
  const earlier = mesh.watch({ after, timeoutMs: 0 })
  let isLive = false
  const unsubscribe = mesh.subscribe((event) => {
    if (isLive) {
      told.add(event.seq)
      tell(event)
    } else if (event.type === 'message') leftOver.push(event.message)
  })
  isLive = true
  const missed = earlier.then(({ events }) => { for (const event of events) if (!told.has(event.seq)) tell(event) })
  return { leftOver, missed, unsubscribe }
}

/** Makes both approve each other and connect. */
export async function befriend(one: MeshNode, other: MeshNode): Promise<void> {
  await one.mesh.approvePeer(other.peerId)
  await other.mesh.approvePeer(one.peerId)
  await one.mesh.addPeer({ recipient: other.address })
  await other.waitForPeer('peer-connected', one.peerId)
}

/** The failure of `attempt`, which must be one of the mesh with this code. */
export async function failure(attempt: Promise<unknown>, code: ErrorCode): Promise<MeshError> {
  try {
    await attempt
  } catch (error) {
    if (!(error instanceof MeshError)) throw error
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail(`expected a failure with ${code}`)
}
