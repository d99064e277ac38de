/** What a STUN server answers: bounded in size and rate, with the relay's signature where it is asked for. */
import type { PrivateKey } from '@libp2p/interface'
import { MAX_STUN_AMPLIFICATION, MAX_STUN_CLIENTS, STUN_ANSWERS_PER_MINUTE, STUN_SIGNATURES_PER_MINUTE } from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { networkKey } from '../lib/network-key.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import { attest } from './attestation.ts'
import type { Endpoint } from './endpoint.ts'
import { decodeStun, encodeStunResponse } from './stun.ts'

export interface StunResponderInit {
  clock: Clock
  /** The key of this node; without it answers are not signed. */
  privateKey?: Pick<PrivateKey, 'sign'>
  /** Answers for one address in a minute. @default STUN_ANSWERS_PER_MINUTE */
  answersPerMinute?: number
}

const MINUTE_MS = 60_000

/** Answers binding requests, over UDP and TCP alike. */
export class StunResponder {
  readonly #init: StunResponderInit
  readonly #answers: RateLimiter
  readonly #signatures: RateLimiter

  constructor(init: StunResponderInit) {
    this.#init = init
    const { now } = init.clock
    this.#answers = new RateLimiter({ limit: init.answersPerMinute ?? STUN_ANSWERS_PER_MINUTE, windowMs: MINUTE_MS, maxKeys: MAX_STUN_CLIENTS, now })
    this.#signatures = new RateLimiter({ limit: STUN_SIGNATURES_PER_MINUTE, windowMs: MINUTE_MS, maxKeys: 1, now })
  }

  /** The answer to a datagram from `from`; undefined when there is none: no binding request, too many, or too long an answer. */
  async answer(question: Uint8Array, from: Endpoint): Promise<Uint8Array | undefined> {
    const request = decodeStun(question)
    if (request?.kind !== 'request' || this.#answers.take(networkKey(from.host)) > 0) return undefined
    const { transactionId } = request
    const attestation = request.wantsAttestation ? await this.#attest(from) : undefined
    const answer = encodeStunResponse({ transactionId, mapped: from, ...attestation === undefined ? {} : { attestation } })
    return answer.byteLength <= question.byteLength * MAX_STUN_AMPLIFICATION ? answer : undefined
  }

  async #attest(mapped: Endpoint) {
    const { privateKey, clock } = this.#init
    if (privateKey === undefined || this.#signatures.take('all') > 0) return undefined
    return await attest(privateKey, mapped, clock.now())
  }
}
