/** From the name of a recipient to the one peer that it means, or a clear error; never a guess. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { agentIdOf } from '../lib/agent-id.ts'
import { MeshError } from '../lib/errors.ts'
import { parsePeerId, parseRecipient } from '../lib/recipient.ts'
import type { PeerIdentity } from './peer-record.ts'

export interface ResolvedRecipient {
  peerId: PeerId
  agentId: string
  /** Where the recipient was given as an address. */
  addresses: Multiaddr[]
}

/** Where names are looked up. A peer may be listed twice. */
export interface RecipientIndex {
  withAgentId: (agentId: string) => PeerIdentity[]
  /** Whom the name is pinned to, or else the instances of that name. */
  withName: (name: string) => PeerIdentity[]
}

/**
 * @throws MeshError `INVALID_ARGUMENT` (malformed), `UNKNOWN_RECIPIENT` or `AMBIGUOUS_RECIPIENT` with the candidates
 */
export function resolveRecipient(text: string, index: RecipientIndex): ResolvedRecipient {
  const recipient = parseRecipient(text)
  switch (recipient.kind) {
    case 'peer-id':
      return { peerId: recipient.peerId, agentId: agentIdOf(recipient.peerId), addresses: [] }
    case 'multiaddr':
      return { peerId: recipient.peerId, agentId: agentIdOf(recipient.peerId), addresses: [recipient.multiaddr] }
    case 'agent-id':
    case 'instance-id':
      return fromName(onlyOne(text, index.withAgentId(recipient.agentId)))
    case 'name':
      return fromName(onlyOne(text, index.withName(recipient.name)))
  }
}

function onlyOne(text: string, found: PeerIdentity[]): PeerIdentity {
  const peers = [...new Map(found.map(peer => [peer.peerId, peer])).values()]
  const [peer, second] = peers
  if (peer === undefined) {
    throw new MeshError('UNKNOWN_RECIPIENT', `no known peer is called "${text}"; see \`openclaw p2p peers\`, or add it by its peer ID or address`)
  }
  if (second === undefined) return peer
  const candidates = peers.map(candidate => candidate.peerId)
  throw new MeshError('AMBIGUOUS_RECIPIENT', `"${text}" could be ${String(peers.length)} peers; use a peer ID`, { candidates })
}

function fromName(peer: PeerIdentity): ResolvedRecipient {
  const peerId = parsePeerId(peer.peerId)
  if (peerId === undefined) throw new MeshError('INTERNAL', `the peer book or the route table holds ${peer.peerId}, which is no peer ID`)
  return { peerId, agentId: peer.agentId, addresses: [] }
}
