/** One way to a direct path (UDP, TCP), as a punch session drives it: prepare, plan, run. */
import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { PunchOffer, PunchPlane, PunchPurpose } from '../protocols/punch-signal.ts'
import type { Endpoint } from './endpoint.ts'
import type { RacePlan } from './race-plan.ts'
import type { RelayLink } from './relay-link.ts'
import type { UdxConnection } from './udx-connection.ts'

/** What the two sides of an attempt know before they exchange anything. */
export interface Undertaking {
  peerId: PeerId
  link: RelayLink
  purpose: PunchPurpose
  /** Exactly one side leads: it starts, nominates and upgrades outbound. */
  isLeader: boolean
  /** Whether addresses of private networks are exchanged with this peer. */
  withPrivate: boolean
}

/** A path that the other side answered on. */
export type FoundPath =
  { kind: 'connection', connection: MultiaddrConnection, remote: Endpoint } |
  { kind: 'moved', connection: UdxConnection, remote: Endpoint }

/** One attempt on one plane. */
export interface PlaneAttempt {
  readonly offer: PunchOffer
  plan: (remote: PunchOffer) => Promise<RacePlan>
  /** Starts at the same moment on both sides; undefined when there is no path. */
  run: (remote: PunchOffer, plan: RacePlan & { kind: 'race' }, signal: AbortSignal) => Promise<FoundPath | undefined>
  /** Gives back what the attempt holds and the path does not need. */
  release: () => void
}

/** Why there is nothing to offer; words that a peer understands as a refusal. */
export type NoAttempt = 'unsupported' | 'budget' | 'no-such-connection'

export interface Plane {
  readonly name: PunchPlane
  /** Finds out what to offer; or says that this node cannot use the plane for the purpose, or that too many attempts run. Release the attempt. */
  prepare: (undertaking: Undertaking, signal: AbortSignal) => Promise<PlaneAttempt | NoAttempt>
}
