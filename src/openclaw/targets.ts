/** Targets of the host's message commands, told apart by form alone: the command's process has no node to ask. */
import { stripChannelTargetPrefix } from 'openclaw/plugin-sdk/channel-core'
import { oneLine } from '../lib/text.ts'
import { CHANNEL_ID } from './names.ts'

const PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
const MULTIADDR = /^\/\S{1,400}\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,80}$/
const INSTANCE_ID = /^[a-z0-9-]{1,48}@[0-9a-f]{16}$/
/** Aliases and instance names; an agent ID has this form too. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u

/** Prefixes that mark a target as one of this channel. */
export const TARGET_PREFIXES: readonly string[] = [CHANNEL_ID, 'p2p', 'peer']

/** What a target may look like, for error messages. */
export const TARGET_HINT = 'peer ID (12D3KooW...), /.../p2p/<peer ID>, name@agentId, agent ID or alias'

/** The target without channel prefix and blanks around it. */
export function normalizeTarget(raw: string): string {
  return stripChannelTargetPrefix(raw.trim(), ...TARGET_PREFIXES).trim()
}

/** Whether the target is an instance ID by its form. */
export function isInstanceId(target: string): boolean {
  return INSTANCE_ID.test(target)
}

/** Whether the gateway can look this target up; what is not well formed is refused before anything is sent. */
export function isWellFormedTarget(target: string): boolean {
  if (PEER_ID.test(target) || MULTIADDR.test(target) || isInstanceId(target)) return true
  return NAME.test(target) && !target.startsWith('12D3KooW')
}

/** The peer ID itself, or undefined for a target that has to be looked up. */
export function peerIdOf(target: string): string | undefined {
  if (PEER_ID.test(target)) return target
  return MULTIADDR.test(target) ? target.slice(target.lastIndexOf('/') + 1) : undefined
}

/** The error for a target that is not well formed; it names the target. */
export function malformedTarget(raw: string): Error {
  return new Error(`"${oneLine(raw, 100)}" is no libp2p mesh target: expected ${TARGET_HINT}`)
}
