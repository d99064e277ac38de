/** From the name of a recipient to the one peer that it means, or a clear error; never a guess. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { agentIdOf } from '../lib/agent-id.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId, parseRecipient } from '../lib/recipient.ts'
import type { PeerBook, PeerRecord } from './peer-book.ts'

export interface ResolvedRecipient {
  peerId: PeerId
  agentId: string
  /** Where the recipient was given as an address. */
  addresses: Multiaddr[]
}

/**
 * @throws MeshError `INVALID_ARGUMENT` (malformed), `UNKNOWN_RECIPIENT` or `AMBIGUOUS_RECIPIENT` with the candidates
 */
export function resolveRecipient(text: string, book: Pick<PeerBook, 'withAgentId' | 'withAlias'>): ResolvedRecipient {
  const recipient = parseRecipient(text)
  switch (recipient.kind) {
    case 'peer-id':
      return { peerId: recipient.peerId, agentId: agentIdOf(recipient.peerId), addresses: [] }
    case 'multiaddr':
      return { peerId: recipient.peerId, agentId: agentIdOf(recipient.peerId), addresses: [recipient.multiaddr] }
    case 'agent-id':
    case 'instance-id':
      return fromRecord(onlyOne(text, book.withAgentId(recipient.agentId)))
    case 'name': {
      const pinned = book.withAlias(recipient.name)
      return fromRecord(onlyOne(text, pinned === undefined ? [] : [pinned]))
    }
  }
}

function onlyOne(text: string, peers: PeerRecord[]): PeerRecord {
  const [peer, second] = peers
  if (peer === undefined) {
    throw new MeshError('UNKNOWN_RECIPIENT', `no known peer is called "${text}"; see \`openclaw p2p peers\`, or add it by its peer ID or address`)
  }
  if (second === undefined) return peer
  const candidates = peers.map(candidate => candidate.peerId)
  throw new MeshError('AMBIGUOUS_RECIPIENT', `"${text}" could be ${String(peers.length)} peers; use a peer ID`, { candidates })
}

function fromRecord(peer: PeerRecord): ResolvedRecipient {
  const peerId = parsePeerId(peer.peerId)
  if (peerId === undefined) throw new MeshError('INTERNAL', `the peer book holds ${peer.peerId}, which is no peer ID`)
  return { peerId, agentId: peer.agentId, addresses: [] }
}
