/** The ways to name a recipient, told apart by form alone. */
import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { MeshError } from './errors.ts'
import { oneLine } from './text.ts'

export type Recipient =
  | { kind: 'peer-id', peerId: PeerId }
  | { kind: 'multiaddr', peerId: PeerId, multiaddr: Multiaddr }
  | { kind: 'instance-id', instanceId: string, agentId: string }
  | { kind: 'agent-id', agentId: string }
  | { kind: 'name', name: string }

const MAX_RECIPIENT_CHARACTERS = 512
const AGENT_ID = /^[0-9a-f]{16}$/
const INSTANCE_ID = /^[a-z0-9-]{1,48}@(?<agentId>[0-9a-f]{16})$/
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u
const FORMS = 'a peer ID, a multiaddr ending in /p2p/<peer ID>, an instance ID (name@agentId), an agent ID (16 hex characters) or an alias'

/** An Ed25519 peer ID from its text, or undefined when the text is none. */
export function parsePeerId(text: string): PeerId | undefined {
  if (!/^(12D3KooW|k51q|bafz)[A-Za-z0-9]{20,80}$/.test(text)) return undefined
  try {
    const peerId = peerIdFromString(text)
    return peerId.type === 'Ed25519' ? peerId : undefined
  } catch {
    return undefined // the pattern matched by chance: not a peer ID after all
  }
}

/** A multiaddr from its text, or undefined when the text is none. */
export function parseMultiaddr(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined // the parser says no more than that
  }
}

/** The peer ID that a multiaddr ends in: the last `/p2p/` component, the relayed peer for a relayed address. */
export function peerIdOfMultiaddr(address: Multiaddr): PeerId | undefined {
  const last = address.getComponents().at(-1)
  return last?.name === 'p2p' && last.value !== undefined ? parsePeerId(last.value) : undefined
}

/**
 * Reads a recipient as a person or an agent writes it.
 *
 * @throws MeshError `INVALID_ARGUMENT` that names the text and the accepted forms
 */
export function parseRecipient(text: string): Recipient {
  const trimmed = text.trim()
  if (trimmed.length === 0 || trimmed.length > MAX_RECIPIENT_CHARACTERS) throw malformed(text)
  if (trimmed.startsWith('/')) return parseMultiaddrRecipient(trimmed)
  const peerId = parsePeerId(trimmed)
  if (peerId !== undefined) return { kind: 'peer-id', peerId }
  const agentId = INSTANCE_ID.exec(trimmed)?.groups?.['agentId']
  if (agentId !== undefined) return { kind: 'instance-id', instanceId: trimmed, agentId }
  if (AGENT_ID.test(trimmed)) return { kind: 'agent-id', agentId: trimmed }
  if (NAME.test(trimmed) && !trimmed.startsWith('12D3KooW')) return { kind: 'name', name: trimmed }
  throw malformed(text)
}

function parseMultiaddrRecipient(text: string): Recipient {
  let address: Multiaddr
  try {
    address = multiaddr(text)
  } catch (error) {
    throw malformed(text, error)
  }
  const peerId = peerIdOfMultiaddr(address)
  if (peerId === undefined) throw malformed(text)
  return { kind: 'multiaddr', peerId, multiaddr: address }
}

function malformed(text: string, cause?: unknown): MeshError {
  return new MeshError('INVALID_ARGUMENT', `"${oneLine(text, 100)}" is no recipient: expected ${FORMS}`, { cause, reason: 'malformed' })
}
