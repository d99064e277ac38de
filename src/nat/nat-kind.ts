/** What kind of NAT a host is behind, as two STUN answers tell it. */
import type { NatKind } from '../protocols/punch-signal.ts'
import { formatEndpoint, type Endpoint } from './endpoint.ts'

/**
 * @param mapped what each STUN server saw, of one address family
 * @param own addresses of this host's interfaces
 */
export function natKindOf(mapped: readonly Endpoint[], own: readonly string[]): NatKind {
  const [first] = mapped
  if (first === undefined) return 'blocked'
  if (new Set(mapped.map(formatEndpoint)).size > 1) return 'hard'
  if (own.includes(first.host)) return 'open'
  return mapped.length > 1 ? 'easy' : 'unknown'
}
