/** What the mesh needs of its host, behind an interface that tests can stand in for. */
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import type { DeliveryTarget, ForwardOutcome, InboundMessage } from '../mesh-api.ts'
import { CHANNEL_ID } from './names.ts'

/** The configuration as the running gateway uses it; never to be changed in place. */
export type HostConfig = ReturnType<PluginRuntime['config']['current']>

/**
 * Shows a text in one of the owner's channels, once, and says what is known of the outcome; never rejects.
 *
 * `write` gets the length of the longest text that the channel shows as one message.
 */
export type ChannelSender = (target: DeliveryTarget, write: (maxCharacters: number) => string, options?: SendOptions) => Promise<ForwardOutcome>

/** How a text is shown. */
export interface SendOptions {
  /** The channel's own ID of the message that this answers. */
  replyToId?: string | undefined
}

/** Whether the peer's entry was written, or was the owner's own already. */
export type PolicyWrite = 'written' | 'kept'

/** The host as this plugin uses it. */
export interface Host {
  log: Logger
  config: () => HostConfig
  /** Writes the entry that takes all tools from the peer's turns, unless the owner has an entry for that peer. */
  denyTools: (peerId: string) => Promise<PolicyWrite>
  /** Whether the peer's entry was written a moment ago, so that `config` shows it soon: the host takes seconds to take it up. */
  isPolicyOnItsWay: (peerId: string) => boolean
  sendToChannel: ChannelSender
}

/** The host reloads its configuration within 12 s on a busy machine; whatever takes longer than this failed. */
const RELOAD_LIMIT_MS = 60_000
const MAX_RECENT_WRITES = 256

/**
 * The sender that the host knows in turns of all peers that are not approved: one entry in `tools.toolsBySender` limits them all.
 * No peer ID looks like it.
 */
export const STRANGER = 'stranger'

/** The sender of a message as the host is to know it. */
export function senderIdOf({ from, isStranger }: Pick<InboundMessage, 'from' | 'isStranger'>): string {
  return isStranger === true ? STRANGER : from
}

/** The key of a sender in `tools.toolsBySender`. */
export function policyKey(peerId: string): string {
  return `channel:${CHANNEL_ID}:${peerId}`
}

/** What a host is made of. */
export interface HostInit {
  /** The runtime as it is now: a reload of the plugin brings a new one. */
  runtime: () => Pick<PluginRuntime, 'config'>
  log: Logger
  clock: Clock
  sendToChannel: ChannelSender
}

/** The host behind the plugin runtime. */
export function createHost({ runtime, log, clock, sendToChannel }: HostInit): Host {
  const writtenAt = new BoundedMap<string, number>(MAX_RECENT_WRITES)
  return {
    log,
    sendToChannel,
    config: () => runtime().config.current(),
    denyTools: async (peerId) => {
      const before = writtenAt.get(peerId) ?? -Infinity
      writtenAt.set(peerId, clock.now()) // from here on: a message that comes while the file is written waits for the entry, too
      let result: PolicyWrite | undefined
      try {
        ({ result } = await runtime().config.mutateConfigFile({
          afterWrite: { mode: 'auto' },
          mutate: draft => addDenyAll(draft, policyKey(peerId))
        }))
      } finally {
        if (result !== 'written') writtenAt.set(peerId, before)
      }
      return result ?? 'kept'
    },
    isPolicyOnItsWay: peerId => clock.now() - (writtenAt.get(peerId) ?? -Infinity) < RELOAD_LIMIT_MS
  }
}

function addDenyAll(draft: OpenClawConfig, key: string): PolicyWrite {
  const entries = draft.tools?.toolsBySender ?? {}
  const isThere = Object.keys(entries).some(existing => existing.trim().toLowerCase() === key.toLowerCase())
  if (isThere) return 'kept'
  draft.tools = { ...draft.tools, toolsBySender: { ...entries, [key]: { deny: ['*'] } } }
  return 'written'
}
