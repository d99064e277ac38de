/** The owner's decisions about peers, and the one notice that a new peer is worth. */
import type { PeerId } from '@libp2p/interface'
import { MAX_KEPT_PEERS } from '../config/limits.ts'
import { agentIdOf } from '../lib/agent-id.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId } from '../lib/recipient.ts'
import { oneLine } from '../lib/text.ts'
import type { Audience } from '../mesh-api.ts'
import { parseApprovalCode } from './approval-code.ts'
import type { PeerBook } from './peer-book.ts'
import type { PeerIdentity, PeerRecord } from './peer-record.ts'

/** A peer's two names in text form. */
export function identityOf(peerId: PeerId): PeerIdentity {
  return { peerId: peerId.toString(), agentId: agentIdOf(peerId) }
}

/**
 * The same from a peer ID in text form.
 *
 * @throws MeshError `INVALID_ARGUMENT` when it is none
 */
export function identityOfText(peerId: string): PeerIdentity {
  const parsed = parsePeerId(peerId)
  if (parsed === undefined) throw new MeshError('INVALID_ARGUMENT', `"${oneLine(peerId, 100)}" is no Ed25519 peer ID`)
  return identityOf(parsed)
}

/**
 * Checks that its author may write to the peer: some peers the owner keeps for himself.
 *
 * @throws MeshError `NOT_ALLOWED`
 */
export function checkAuthor(book: Pick<PeerBook, 'get'>, peerId: string, author: Audience): void {
  if (author !== 'agent' || book.get(peerId)?.isAgentBarred !== true) return
  throw new MeshError('NOT_ALLOWED', `the owner here keeps messages to ${peerId} for himself; \`openclaw p2p add ${peerId} --agent\` lets his agent write to it`, { reason: 'owner-only' })
}

/** The peer ID that waits for approval under this code; undefined when the text is no such code. */
export function waitingPeer(text: string, book: Pick<PeerBook, 'withCode'>): string | undefined {
  const code = parseApprovalCode(text)
  return code === undefined ? undefined : book.withCode(code)?.peerId
}

/**
 * Keeps a peer under an alias. A name stays with its peer until the owner replaces it.
 *
 * @throws MeshError `PIN_MISMATCH` when the name is pinned to another peer and `replace` is not set, `INVALID_ARGUMENT` for a bad alias,
 *   `QUOTA_EXCEEDED` when as many peers are kept as may be
 */
export async function pinAlias(book: PeerBook, request: { identity: PeerIdentity, alias: string | undefined, replace: boolean }): Promise<PeerRecord> {
  const { identity, alias, replace } = request
  const holder = alias === undefined ? undefined : otherHolder(book, alias, identity.peerId)
  if (alias !== undefined && holder !== undefined && !replace) throw pinMismatch(alias, { holder, claimant: identity.peerId })
  if (!book.hasRoomFor(identity.peerId)) {
    throw new MeshError('QUOTA_EXCEEDED', `${MAX_KEPT_PEERS} peers are kept here already; \`openclaw p2p remove <recipient>\` makes room for another`, { reason: 'peers' })
  }
  if (alias !== undefined && holder !== undefined) await book.unpin(alias)
  return await book.add(identity, alias)
}

/**
 * Checks that an alias can be given to the peer, or to one that is not known yet.
 *
 * @throws MeshError as `pinAlias`
 */
export function requireFreeAlias(book: PeerBook, alias: string, peerId?: string): void {
  const holder = otherHolder(book, alias, peerId)
  if (holder !== undefined) throw pinMismatch(alias, { holder, claimant: peerId })
}

function otherHolder(book: PeerBook, alias: string, peerId: string | undefined): PeerRecord | undefined {
  checkAlias(alias)
  const holder = book.withName(alias)
  return holder?.peerId === peerId ? undefined : holder
}

/** The peer that the name is pinned to, when another peer claims it. */
export function pinHolder(book: Pick<PeerBook, 'withName'>, claim: { peerId: string, name: string }): PeerRecord | undefined {
  const holder = book.withName(claim.name)
  return holder === undefined || holder.peerId === claim.peerId ? undefined : holder
}

/** The error for a name that belongs to another peer, with what its owner can do; `claimant` is absent while nobody is to have it yet. */
export function pinMismatch(name: string, { holder, claimant }: { holder: PeerRecord, claimant: string | undefined }): MeshError {
  const { alias } = holder
  const isAlias = alias?.toLowerCase() === name.toLowerCase()
  const shown = oneLine(isAlias ? alias : name, 100)
  const other = claimant === undefined ? '' : `, and ${claimant} is another peer`
  return new MeshError('PIN_MISMATCH', `"${shown}" is pinned to ${holder.peerId}${other}: a peer with a new key is a new peer. ` +
    `If you have made sure whose it is, \`openclaw p2p add ${claimant ?? '<recipient>'} -a "${shown}" --replace\` gives it the name; no tool can`,
  { reason: isAlias ? 'alias' : 'instance-name', candidates: [holder.peerId, ...claimant === undefined ? [] : [claimant]] })
}

const ALIAS = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,47}$/u

function checkAlias(alias: string): void {
  const looksLikeId = /^[0-9a-f]{16}$/.test(alias) || alias.startsWith('12D3KooW') || parseApprovalCode(alias) !== undefined
  if (ALIAS.test(alias) && alias === alias.trim() && !looksLikeId) return
  throw new MeshError('INVALID_ARGUMENT', 'an alias has 1 to 48 letters, digits, spaces, dots, dashes or underscores, begins with a letter or digit, ' +
    'and must not look like an ID or an approval code')
}
