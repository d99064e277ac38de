/** What a diagnosis finds: each fault with what it means and what to do about it. */
import type { NetworkInfo } from '../../mesh-api.ts'

/** Every kind of finding; the README explains each. */
export const FINDING_CODES = [
  'no-network', 'not-listening', 'duplicate-key',
  'relay-unreachable', 'relay-full', 'relay-refuses', 'not-a-relay', 'relay-lost', 'relay-pending', 'no-relay', 'local-only',
  'firewall', 'double-nat', 'symmetric-nat', 'port-not-mapped', 'udp-blocked', 'udp-unavailable', 'stun-silent', 'one-stun-answer', 'clock-skew',
  'peer-unreachable', 'peer-relayed', 'local-firewall'
] as const

export type FindingCode = typeof FINDING_CODES[number]

/** `error`: this node is not reached, or reaches nobody. `warning`: some peers are not reached, or by a longer way. `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note'

export interface Finding {
  code: FindingCode
  severity: Severity
  /** What is the matter, in a sentence. */
  message: string
  /** What to do about it. */
  action: string
  /** The short word for the reason under the code, where there is one. */
  cause?: string
  /** Peer IDs of those that it is about. */
  peerIds?: string[]
}

/** What a diagnosis goes by. */
export interface Facts extends NetworkInfo {
  /** Peer IDs whose keys two live nodes use. */
  duplicateKeys: readonly string[]
}

/** Looks at one side of the facts. */
export type Rule = (facts: Facts) => Finding[]
