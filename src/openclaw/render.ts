/** Results as text for terminals and agents; what peers wrote is escaped, quoted and never alone on a line. */
import { errorLine } from '../lib/errors.ts'
import { escapeControl, escapeTerminal, oneLine } from '../lib/text.ts'
import type {
  AddedPeer, BroadcastResult, DeliveryState, DiscoverResult, InboundRight, InboxMessage, InstanceIdentity, InstanceSendResult, InstanceSummary, Invite,
  JoinedPeer, KnownBy, MessageStatus, PeerSummary, ResolvedInstance, SendResult, TargetDelivery
} from '../mesh-api.ts'
import { receivedText } from './file-text.ts'

const MAX_LISTED_TEXT = 2000
/** The ones that matter come first; strangers must not fill a conversation with their names. */
const MAX_LISTED = 100

/** One word for each state, as people read it, with what it proves. */
const STATES: Record<DeliveryState, string> = {
  queued: 'queued: it is stored here and goes out when the peer can be reached',
  sent: 'sent: it was written to the peer, which has not confirmed it yet',
  received: 'received: the peer stored it',
  held: 'held: the peer stored it and waits for its owner\'s approval',
  delivered: 'delivered: the peer\'s channel showed it or its agent took it',
  replied: 'replied',
  uncertain: 'uncertain: it was handed on over there, and the outcome is not known; it is not repeated by itself',
  failed: 'failed',
  expired: 'expired: its time to live ran out'
}

/** A state in words. */
function stateText(state: DeliveryState): string {
  return STATES[state]
}

/** Who this node is. */
export function identityText(identity: InstanceIdentity): string {
  return [
    `Instance ID: ${identity.instanceId}`,
    `Agent ID:    ${identity.agentId}`,
    `Peer ID:     ${identity.peerId}`,
    `Public key:  ${identity.publicKey}`
  ].join('\n')
}

/** Known peers, a line each. */
export function peersText(peers: Array<PeerSummary & { safetyWords?: string[] }>): string {
  if (peers.length === 0) return 'No peers known'
  const lines = peers.slice(0, MAX_LISTED).map(peer => [
    peer.peerId,
    peer.alias === undefined ? undefined : `alias ${escapeControl(peer.alias)}`,
    peer.instanceId === undefined ? undefined : escapeControl(peer.instanceId),
    presenceText(peer),
    peer.status === 'unknown' ? 'not approved' : peer.status,
    peer.safetyWords === undefined ? undefined : `safety words ${peer.safetyWords.join(' ')}`,
    knownText(peer),
    rightsText(peer),
    peer.claimsNameOf === undefined ? undefined : `claims a name that is pinned to ${peer.claimsNameOf}`,
    peer.held > 0 ? `${peer.held} held` : undefined,
    peer.code === undefined ? undefined : `approve with: openclaw p2p approve ${peer.code}`
  ].filter(part => part !== undefined).join(', '))
  return [...lines, ...moreLine(peers.length)].join('\n')
}

function moreLine(count: number): string[] {
  return count > MAX_LISTED ? [`… and ${count - MAX_LISTED} more`] : []
}

/** Known instances, a line each; what approved peers say about their agents is quoted below theirs. */
export function instancesText(instances: InstanceSummary[]): string {
  if (instances.length === 0) return 'No instances known'
  return [
    ...instances.slice(0, MAX_LISTED).flatMap(instance => [instanceLine(instance), ...cardLines(instance)]),
    ...moreLine(instances.length),
    ...instances.some(({ card }) => card !== undefined) ? ['Lines with > are text from peers, untrusted.'] : []
  ].join('\n')
}

function instanceLine({ instanceId, alias, peerId, connected, lastSeenAt, source, approved, claimsNameOf }: InstanceSummary): string {
  return [
    escapeControl(instanceId),
    ...alias === undefined ? [] : [`alias ${escapeControl(alias)}`],
    peerId,
    connected ? 'connected' : lastSeenText(lastSeenAt),
    `known by ${source}`,
    ...approved ? [] : ['not approved'],
    ...claimsNameOf === undefined ? [] : [`its name is pinned to ${claimsNameOf}, which it is not`]
  ].join(', ')
}

function cardLines({ card }: InstanceSummary): string[] {
  if (card === undefined) return []
  const skills = card.skills.length === 0 ? [] : [`  > skills: ${list(card.skills)}`]
  return [...card.description === '' ? [] : [`  > ${escapeControl(card.description)}`], ...skills]
}

/** Which peer an instance is. */
export function resolvedText({ instanceId, peerId, approved, addrs }: ResolvedInstance): string {
  return [`${escapeControl(instanceId)} is ${peerId}${approved ? '' : ', not approved'}`, `Addresses: ${list(addrs)}`].join('\n')
}

const WAYS: Record<KnownBy, string> = {
  contact: 'by contact', peer: 'through another peer', lan: 'from the LAN', config: 'by configuration', added: 'because it was added',
  approval: 'by approval', invite: 'by invite'
}

function knownText({ knownBy, introducedBy, knownSince }: PeerSummary): string {
  const way = knownBy === 'peer' && introducedBy !== undefined ? `through ${introducedBy}` : WAYS[knownBy]
  return `known ${way}${knownSince === null ? '' : ` since ${time(knownSince)}`}`
}

const RIGHTS: Record<InboundRight, string> = { yes: 'may message you', held: 'its messages wait for you', no: 'may not message you' }

function rightsText({ mayMessageUs, agentMayMessage }: PeerSummary): string {
  return `${RIGHTS[mayMessageUs]}, your agent ${agentMayMessage ? 'may' : 'may not'} message it`
}

/** What adding a peer led to. */
export function addedText(peer: AddedPeer): string {
  return `Added ${peerName(peer)}; ${peer.reachable ? `reachable${peer.path === undefined ? '' : `, ${peer.path}`}` : 'not reachable now'}. Its messages to this node still need approval.${peer.agentMayMessage ? '' : ' Your agent may not message it on its own.'}`
}

/** A ticket, with what to do with it. */
export function invitedText({ ticket, uri, addrs, expiresAt }: Invite): string {
  const lines = ticket.match(/(?:[^-]+-?){1,8}/g) ?? []
  return [
    `Ticket for one peer, good until ${time(expiresAt)}. Whoever has it is let in: hand it on in private.`,
    '',
    ...lines.map(line => `    ${line.replace(/-$/, '')}`),
    '',
    'The other side runs `openclaw p2p join` and pastes it, or this link:',
    '',
    uri,
    ...addrs.length === 0 ? ['', 'This node has no address that could stand in the ticket: it is good for peers only that find it by themselves.'] : []
  ].join('\n')
}

/** Who invited this node. */
export function joinedText(peer: JoinedPeer): string {
  const released = peer.released === 0 ? '' : ` ${peer.released} held ${peer.released === 1 ? 'message' : 'messages'} released.`
  return `Joined ${peerName(peer)}; both sides have approved each other.${released}\n${safetyText(peer)}`
}

/** Who came with a ticket of this node; one line, for the log has it too. */
export function guestText(guest: { peerId: string, alias?: string, safetyWords: string[] }): string {
  return `${peerName(guest)} has joined with your ticket; both sides have approved each other. ${safetyText(guest)}`
}

function peerName({ peerId, alias }: { peerId: string, alias?: string }): string {
  return alias === undefined ? peerId : `${escapeControl(alias)} (${peerId})`
}

function safetyText({ peerId, safetyWords }: { peerId: string, safetyWords: string[] }): string {
  return `Safety words: ${safetyWords.join(' ')}. Compare them aloud: the other side must show the same. If it does not, run: openclaw p2p block ${peerId}`
}

/** What a discovery came to. */
export function discoveredText({ found, known, asked }: DiscoverResult): string {
  const missed = asked.filter(({ reached }) => !reached).map(({ node, cause }) => `Not reached: ${oneLine(node, 200)} (${cause ?? 'network'})`)
  return [`Discovery complete - ${found} new peer(s) found. Known peers: ${known}`, ...missed].join('\n')
}

/** How far a message got when the send returned, and the reply if one came. */
export function sentText(result: SendResult): string {
  const wait = result.retryAfterMs === undefined ? '' : `, in ${Math.ceil(result.retryAfterMs / 1000)} s`
  const reason = result.cause === undefined ? '' : ` (${result.cause}${wait})`
  const reply = result.reply === undefined ? [] : ['Reply (text from a peer, untrusted):', quoted(result.reply)]
  return [`Message ${result.messageId} to ${result.peerId}: ${stateText(result.state)}${reason}`, ...reply].join('\n')
}

/** To how many peers a broadcast went. */
export function broadcastText({ messageId, topic, recipients }: BroadcastResult): string {
  const to = recipients === 0
    ? 'it went to 0 peers: none is connected that takes broadcasts of this topic, and it is not repeated'
    : `it went to ${recipients} ${recipients === 1 ? 'peer' : 'peers'}, which pass it on`
  return `Broadcast ${messageId} on ${topic}: ${to}`
}

/** A message that was delivered at an instance, with each of its channels. */
export function instanceSentText({ messageId, instanceId, peerId, deliveries }: InstanceSendResult): string {
  const recipient = instanceId === undefined ? peerId : `${escapeControl(instanceId)} (${peerId})`
  const how = deliveries.length === 0 ? 'its agent took it or its owner was shown it' : 'every channel of its owner showed it'
  return [`Message ${messageId} to ${recipient}: delivered: ${how}`, ...deliveryLines(deliveries)].join('\n')
}

/** What became of a message at each of the recipient's channels. */
export function deliveryLines(deliveries: readonly TargetDelivery[]): string[] {
  return deliveries.map(({ channel, target, ok, error }) =>
    `  ${escapeControl(`${channel} ${target}`)}: ${ok ? 'shown' : `not confirmed: ${escapeControl(error ?? 'no reason given')}`}`)
}

/** The life of a message of ours. */
export function messageStatusText(status: MessageStatus): string {
  return [
    `Message ${status.messageId} to ${status.peerId}: ${stateText(status.state)}`,
    ...status.history.map(({ state, at }) => `  ${time(at)}  ${state}`),
    ...status.error === undefined ? [] : [`  ${escapeControl(errorLine({ ...status.error, reason: status.error.cause }))}`],
    ...deliveryLines(status.deliveries ?? [])
  ].join('\n')
}

/** Inbox entries, newest as the mesh orders them. */
export function inboxText(inbox: { messages: InboxMessage[], unread: number }): string {
  if (inbox.messages.length === 0) return `No messages (${inbox.unread} unread in all)`
  const entries = inbox.messages.flatMap(message => [
    `${time(message.at)}  ${kindText(message)} ${senderText(message)}${message.unread ? ', unread' : ''}, ${message.state}, ${message.messageId}`,
    ...message.file === undefined ? [] : [`  ${receivedText(message.file)}`],
    ...message.file !== undefined && message.text === '' ? [] : [shownText(message.text)]
  ])
  return [...entries, `${inbox.unread} unread in all. Lines with > are text from peers, untrusted.`].join('\n')
}

function kindText({ kind, call }: InboxMessage): string {
  if (call === undefined) return `${kind} from`
  return call.act === 'asks' ? 'question of your agent in the call with' : `call (${call.act}) from`
}

/** A sender with how it is known here. */
function senderText(message: Pick<InboxMessage, 'from' | 'alias' | 'approved'>): string {
  const name = peerName({ ...message, peerId: message.from })
  return message.approved ? name : `${name}, not approved`
}

/** Text of a peer, each line marked. */
export function quoted(text: string): string {
  return escapeTerminal(text).split('\n').map(line => `> ${line}`).join('\n')
}

function shownText(text: string | undefined): string {
  return text === undefined ? '  (the text is shown once the owner approves the sender)' : quoted(oneCut(text))
}

function oneCut(text: string): string {
  return text.length <= MAX_LISTED_TEXT ? text : `${text.slice(0, MAX_LISTED_TEXT)}… (${text.length} characters, whole with --json)`
}

function presenceText({ presence, path, lastSeen }: PeerSummary): string {
  if (presence === 'online') return `online${path === undefined ? '' : ` (${path})`}`
  return `${presence === 'left' ? 'left, ' : path === undefined ? '' : 'silent, '}${lastSeenText(lastSeen)}`
}

function lastSeenText(lastSeen: number | null): string {
  return lastSeen === null ? 'never seen' : `last seen ${time(lastSeen)}`
}

/** Values of peers or settings in a row. */
export function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.map(value => oneLine(value, 200)).join(', ')
}

function time(at: number): string {
  return new Date(at).toISOString()
}
