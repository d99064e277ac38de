/** Why a dial failed, in one word and one sentence that a user can act on. */
import { MeshError, systemCode, toError } from '../lib/errors.ts'

/** The words under `UNREACHABLE`, the most telling first: a dial tries several addresses. */
const REASONS = ['wrong-key', 'refused', 'timeout', 'no-route', 'no-address', 'network'] as const

type DialReason = typeof REASONS[number]

const EXPLANATIONS: Readonly<Record<DialReason, string>> = {
  'wrong-key': 'another node with a different key answered at its address; a peer with a new key is a new peer, which has to be added and approved again',
  refused: 'nothing listens at its last known address',
  timeout: 'it did not answer in time',
  'no-route': 'the network has no route to its address',
  'no-address': 'no address of it is known; add it by a multiaddr, or wait until discovery finds it',
  network: 'the connection failed'
}

const BY_NAME: Readonly<Record<string, DialReason>> = {
  NoValidAddressesError: 'no-address',
  UnexpectedPeerError: 'wrong-key',
  InvalidPeerIdError: 'wrong-key',
  TimeoutError: 'timeout',
  AbortError: 'timeout'
}

const BY_SYSTEM_CODE: Readonly<Record<string, DialReason>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route'
}

/** A failed dial as `UNREACHABLE` with its reason. */
export function dialError(peerId: string, thrown: unknown): MeshError {
  if (thrown instanceof MeshError) return thrown
  const found = new Set(causesOf(thrown).map(reasonOf))
  const reason = REASONS.find(candidate => found.has(candidate)) ?? 'network'
  return new MeshError('UNREACHABLE', `peer ${peerId} cannot be reached: ${EXPLANATIONS[reason]}`, { cause: thrown, reason })
}

function causesOf(thrown: unknown): Error[] {
  const error = toError(thrown)
  const inner: unknown[] = error instanceof AggregateError ? error.errors : []
  const below = error.cause === undefined ? inner : [...inner, error.cause]
  return below.length === 0 ? [error] : below.flatMap(causesOf)
}

/** Of what fails in the handshake libp2p keeps only the text, in an error of its own (`EncryptionFailedError`). */
const FOREIGN_KEY = /does not match expected remote identity key/
const OUT_OF_TIME = /aborted due to timeout/

function reasonOf(error: Error): DialReason {
  if (FOREIGN_KEY.test(error.message)) return 'wrong-key'
  if (OUT_OF_TIME.test(error.message)) return 'timeout'
  const byCode = BY_SYSTEM_CODE[systemCode(error) ?? '']
  return byCode ?? BY_NAME[error.name] ?? 'network'
}
