/** Who counts as the owner in a chat channel, and which chat a forwarding target is. */
import type { DeliveryTarget } from '../mesh-api.ts'
import type { HostConfig } from './host.ts'

/** Somebody who wrote in a channel, and where. */
export interface ChatSender {
  channel: string
  accountId: string | undefined
  senderId: string
  /** The chat as the host names it. */
  conversationId: string
}

/** Kinds and channels before an ID: `user:ou_x`, `chat:oc_x`, `telegram:group:-100`. */
const PREFIXES = /^(?:[a-z][a-z0-9_-]*:)+/i
/** Targets that are chats of several people; some channels give a group that speaks (an anonymous admin) the ID of the group. */
const GROUPS = /(?:^|:)(?:(?:chat|channel|group|room):|-\d|#|!|oc_)/i

/**
 * The owner is whom a target of this channel addresses in person (`user:ou_x`), and whom the host lists in `commands.ownerAllowFrom`.
 * Membership of a group that messages are forwarded to makes nobody the owner.
 */
export function isOwner({ channel, senderId }: ChatSender, targets: readonly DeliveryTarget[], config: HostConfig): boolean {
  if (senderId === '') return false
  const isAddressed = targets.some(target => target.channel === channel && !GROUPS.test(target.target) && bareId(target.target) === senderId)
  return isAddressed || (config.commands?.ownerAllowFrom ?? []).some(entry => isEntryOf(String(entry).trim(), channel, senderId))
}

/** Whether the target is the chat that was written in; channels number their messages chat by chat. */
export function isSameChat(target: DeliveryTarget, { channel, accountId, conversationId }: ChatSender): boolean {
  const isSameAccount = target.accountId === undefined || accountId === undefined || target.accountId === accountId
  return target.channel === channel && isSameAccount && bareId(target.target) === bareId(conversationId)
}

/** The host takes entries with their channel and, for any channel, without. */
function isEntryOf(entry: string, channel: string, senderId: string): boolean {
  return entry === senderId || (entry.toLowerCase().startsWith(`${channel}:`) && entry.slice(channel.length + 1) === senderId)
}

/** The ID in a place that is written in one of several ways. */
export function bareId(place: string): string {
  return place.replace(PREFIXES, '')
}
