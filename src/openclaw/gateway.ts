/** The life of the node in the gateway: the host starts it with the channel account and stops it by aborting. Loaded only then. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import { runPassiveAccountLifecycle } from 'openclaw/plugin-sdk/channel-outbound'
import { channelBlockedPatch, channelStoppedPatch } from 'openclaw/plugin-sdk/gateway-runtime'
import { resolveConfig, type MeshConfig } from '../config/resolve.ts'
import { systemClock } from '../lib/clock.ts'
import { toError, toMeshError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { MeshApi } from '../mesh-api.ts'
import { channelSection, pluginSection, type StartContext } from './account.ts'
import { createAgentRunner } from './agent-runner.ts'
import { createChannelSender } from './channel-sender.ts'
import { handleEvent } from './events.ts'
import { Forwarder } from './forwarder.ts'
import { createHost, policyKey, STRANGER, type ChannelSender, type Host } from './host.ts'
import { InboundTurns, type AgentRunner } from './inbound.ts'
import { noteStartFailure, publishMesh, retractMesh, type LiveMesh } from './live-mesh.ts'
import { ACCOUNT_ID, CHANNEL_ID } from './names.ts'
import { Notices } from './notices.ts'
import { RunningTurns } from './turns.ts'

/** What a mesh is made of. */
export interface MeshParts {
  config: MeshConfig
  /** Folder for identity, stores and mailbox. */
  stateDir: string
  log: Logger
}

/** What a run of the account takes from outside. */
export interface GatewayParts {
  /** The host's runtime as it is now. */
  runtime: () => PluginRuntime
  /** Makes a mesh that is not started yet. */
  createMesh: (parts: MeshParts) => Promise<MeshApi>
  /** Makes the host's side of agent turns. */
  createRunner?: typeof createAgentRunner
  /** Shows a text in one of the host's channels. */
  sendToChannel?: ChannelSender
}

interface Session {
  live: LiveMesh
  close: () => Promise<void>
}

/** Runs the node until the host aborts. A configuration that cannot be accepted ends it without retries: they would not help. */
export async function runAccount(context: StartContext, parts: GatewayParts): Promise<void> {
  try {
    await runPassiveAccountLifecycle({
      abortSignal: context.abortSignal,
      start: async () => openSession(context, parts),
      stop: async (session: Session) => {
        await session.close()
        context.setStatus(channelStoppedPatch({ accountId: ACCOUNT_ID, lastStopAt: Date.now() }))
      }
    })
  } catch (thrown) {
    const { code, message } = toMeshError(thrown)
    noteStartFailure(message)
    if (code === 'INVALID_ARGUMENT') context.setStatus(channelBlockedPatch(message, { accountId: ACCOUNT_ID }))
    throw thrown
  }
}

async function openSession(context: StartContext, parts: GatewayParts): Promise<Session> {
  const { runtime, createMesh, createRunner = createAgentRunner, sendToChannel = createChannelSender(runtime) } = parts
  const log = loggerOf(context)
  const config = resolveConfig(pluginSection(context.cfg), channelSection(context.cfg), { hostname: hostname() })
  for (const warning of config.warnings) log.warn(warning)
  const mesh = await createMesh({ config, stateDir: join(runtime().state.resolveStateDir(), 'libp2p'), log })
  await mesh.start()
  try {
    const status = await mesh.status()
    const live: LiveMesh = { mesh, host: createHost({ runtime, log, clock: systemClock, sendToChannel }), turns: new RunningTurns() }
    const runner = createRunner({ host: live.host, selfPeerId: status.peerId, channelRuntime: context.channelRuntime })
    const stopListening = listen(live, { context, runtime, runner, config, pendingApprovals: status.pendingApprovals.length })
    publishMesh(live)
    if (config.role === 'public') limitStrangers(live.host)
    context.setStatus(readyStatus(status.peerId))
    return {
      live,
      close: async () => {
        await stopListening()
        retractMesh(live)
        await mesh.stop()
      }
    }
  } catch (thrown) {
    await mesh.stop()
    throw thrown
  }
}

/** A public agent answers strangers, and they get no tools unless the owner lists them. */
function limitStrangers({ denyTools, log }: Host): void {
  denyTools(STRANGER).then((written) => {
    if (written === 'written') log.info(`Turns of strangers have no tools: tools.toolsBySender["${policyKey(STRANGER)}"] denies all of them now`)
  }, (error: unknown) => {
    log.error(`Strangers get no answer: tools.toolsBySender["${policyKey(STRANGER)}"] could not be written (${toError(error).message}); set it to {"deny":["*"]} yourself`)
  })
}

interface ListenInit {
  context: StartContext
  runtime: () => PluginRuntime
  runner: AgentRunner
  config: Pick<MeshConfig, 'inboundTargets' | 'enableBroadcastTurns'>
  pendingApprovals: number
}

function listen(live: LiveMesh, { context, runtime, runner, config, pendingApprovals }: ListenInit): () => Promise<void> {
  const { mesh, host, turns } = live
  const notices = new Notices({ host, clock: systemClock, targets: config.inboundTargets })
  const inbound = new InboundTurns({ host, runner, notices, turns, clock: systemClock, takesBroadcasts: config.enableBroadcastTurns })
  const forwarder = new Forwarder({ mesh, host, clock: systemClock })
  const noteInbound = (): void => {
    runtime().channel.activity.record({ channel: CHANNEL_ID, accountId: ACCOUNT_ID, direction: 'inbound' })
    context.setStatus({ ...context.getStatus(), lastInboundAt: Date.now() })
  }
  notices.waiting(pendingApprovals)
  let isRepeated = true // while subscribing, the mesh hands out what earlier runs left
  const inAccount = AsyncLocalStorage.snapshot()
  const unsubscribe = mesh.subscribe((event) => {
    try {
      // What a gateway method sets off would otherwise belong to that call, and the host refuses turns to a call that has ended.
      inAccount(handleEvent, event, { host, notices, inbound, forwarder, noteInbound, isRepeated })
    } catch (thrown) {
      host.log.error(`an event of type ${event.type} was not handled: ${toError(thrown).message}`)
    }
  })
  isRepeated = false
  return async () => {
    unsubscribe()
    notices.stop()
    await forwarder.stop()
  }
}

/** Running and connected mean that the node is up: peers come and go, and the host restarts what is not connected. */
function readyStatus(peerId: string): Parameters<StartContext['setStatus']>[0] {
  const now = Date.now()
  return { accountId: ACCOUNT_ID, running: true, connected: true, lifecycle: 'ready', lastStartAt: now, lastConnectedAt: now, lastError: null, identity: peerId }
}

/** The host puts `[libp2p-mesh]` before each line. */
function loggerOf({ log }: StartContext): Logger {
  return {
    debug: message => log?.debug?.(message),
    info: message => log?.info(message),
    warn: message => log?.warn(message),
    error: message => log?.error(message)
  }
}
