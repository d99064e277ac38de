/** What two peers try on a plane, given what both know about their NATs. */
import { isPrivateIp } from '@libp2p/utils'
import { BIRTHDAY_RACE_TIMEOUT_MS, RACE_TIMEOUT_MS, TCP_OPEN_TIMEOUT_MS } from '../config/nat-limits.ts'
import type { NatKind } from '../protocols/punch-signal.ts'
import type { BirthdayPart } from './birthday.ts'
import type { Targets } from './candidates.ts'

/** Why there is no direct path (yet). */
export type WhyNot =
  'not-approved' | 'budget' | 'busy' | 'no-relay' | 'no-such-connection' | 'unsupported' | 'refused' |
  'udp-blocked' | 'both-symmetric' | 'symmetric' | 'tcp-blocked' | 'unverified-address' | 'timeout' | 'upgrade-failed' | 'stopped' | 'off'

export type RacePlan =
  { kind: 'skip', why: WhyNot } |
  { kind: 'race', timeoutMs: number, birthday?: BirthdayPart, whyIfLost: WhyNot }

export interface BothSides {
  own: NatKind
  remote: NatKind
  targets: Targets
}

export interface UdpSides extends BothSides {
  /** Whether we offered an IPv6 address ourselves. */
  hasIp6: boolean
}

/** UDP: birthday probing when exactly one side is hard; nothing when both are, as that wastes seconds, unless IPv6 needs no NAT. */
export function planUdp({ own, remote, targets, hasIp6 }: UdpSides): RacePlan {
  const isOnLan = targets.endpoints.some(endpoint => isPrivateIp(endpoint.host) === true)
  const plain: RacePlan = { kind: 'race', timeoutMs: RACE_TIMEOUT_MS, whyIfLost: 'timeout' }
  if (isOnLan) return plain
  if (own === 'blocked' || remote === 'blocked') return { kind: 'skip', why: 'udp-blocked' }
  if (own === 'hard' && remote === 'hard') {
    const haveIp6 = hasIp6 && targets.endpoints.some(endpoint => endpoint.family === 6)
    return haveIp6 ? { ...plain, whyIfLost: 'both-symmetric' } : { kind: 'skip', why: 'both-symmetric' }
  }
  if (targets.endpoints.length === 0) return { kind: 'skip', why: 'unverified-address' }
  if (own !== 'hard' && remote !== 'hard') return plain
  const observed = targets.attested.find(endpoint => endpoint.family === 4)
  if (observed === undefined) return { ...plain, whyIfLost: 'unverified-address' }
  const birthday: BirthdayPart = own === 'hard' ? { kind: 'sockets', target: observed } : { kind: 'spray', host: observed.host }
  return { kind: 'race', timeoutMs: BIRTHDAY_RACE_TIMEOUT_MS, birthday, whyIfLost: 'timeout' }
}

/** TCP simultaneous open: both ports must be known beforehand. */
export function planTcp({ own, remote, targets }: BothSides): RacePlan {
  if (own === 'blocked' || remote === 'blocked') return { kind: 'skip', why: 'tcp-blocked' }
  if (own === 'hard' || remote === 'hard') return { kind: 'skip', why: own === remote ? 'both-symmetric' : 'symmetric' }
  if (targets.endpoints.length === 0) return { kind: 'skip', why: 'unverified-address' }
  return { kind: 'race', timeoutMs: TCP_OPEN_TIMEOUT_MS, whyIfLost: 'timeout' }
}
