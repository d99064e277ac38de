/** Learns how the outside sees our UDP port: asks STUN servers over the node's own socket. */
import { STUN_SECOND_ANSWER_MS, STUN_TIMEOUT_MS, STUN_TRIES } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { formatEndpoint, isSameEndpoint, type Endpoint } from './endpoint.ts'
import { encodeStunRequest, TRANSACTION_ID_BYTES, type Attestation, type StunResponse } from './stun.ts'

export interface StunClientInit {
  send: (bytes: Uint8Array, to: Endpoint) => void
  clock: Clock
  randomBytes: (length: number) => Uint8Array
}

export interface StunAnswer {
  server: Endpoint
  mapped: Endpoint
  attestation: Attestation | undefined
  rttMs: number
  /** When it came, by our clock. */
  at: number
}

interface Transaction {
  server: Endpoint
  handle: (response: StunResponse) => void
}

export class StunClient {
  readonly #init: StunClientInit
  readonly #transactions = new Map<string, Transaction>()

  constructor(init: StunClientInit) {
    this.#init = init
  }

  /** Takes a response that arrived; only the server that was asked may answer. */
  handle(response: StunResponse, from: Endpoint): void {
    const transaction = this.#transactions.get(keyOf(response.transactionId))
    if (transaction !== undefined && isSameEndpoint(transaction.server, from)) transaction.handle(response)
  }

  /**
   * Asks all servers at once. Done when two of each family answered, a little after the first answer, or at the deadline.
   *
   * @returns the answers in the order in which they came
   */
  async ask(servers: readonly Endpoint[], signal: AbortSignal): Promise<StunAnswer[]> {
    const answers: StunAnswer[] = []
    if (servers.length === 0) return answers
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const finish = (): void => { resolve(undefined) }
    const timers = [this.#init.clock.after(STUN_TIMEOUT_MS, finish)]
    const queries = servers.map(server => this.#query(server, (answer) => {
      answers.push(answer)
      timers.push(this.#init.clock.after(STUN_SECOND_ANSWER_MS, finish))
      if (isEnough(answers.map(other => other.server), servers)) finish()
    }))
    signal.addEventListener('abort', finish)
    if (signal.aborted) finish()
    await promise
    signal.removeEventListener('abort', finish)
    for (const timer of [...timers, ...queries]) timer.cancel()
    return answers
  }

  #query(server: Endpoint, onAnswer: (answer: StunAnswer) => void): Timer {
    const transactionId = this.#init.randomBytes(TRANSACTION_ID_BYTES)
    const request = encodeStunRequest({ transactionId, wantsAttestation: true })
    const { clock } = this.#init
    let timer: Timer | undefined
    let sentAt = clock.now()
    const cancel = (): void => {
      timer?.cancel()
      this.#transactions.delete(keyOf(transactionId))
    }
    const tryAgain = (triesLeft: number): void => {
      sentAt = clock.now()
      this.#init.send(request, server)
      if (triesLeft > 1) timer = clock.after(STUN_TIMEOUT_MS / STUN_TRIES, () => { tryAgain(triesLeft - 1) })
    }
    this.#transactions.set(keyOf(transactionId), {
      server,
      handle: ({ mapped, attestation }) => {
        cancel()
        onAnswer({ server, mapped, attestation, rttMs: clock.now() - sentAt, at: clock.now() })
      }
    })
    tryAgain(STUN_TRIES)
    return { cancel }
  }
}

/** Two tell the kind of a NAT. */
function isEnough(answered: readonly Endpoint[], asked: readonly Endpoint[]): boolean {
  const count = (endpoints: readonly Endpoint[], family: 4 | 6): number => Math.min(2, endpoints.filter(endpoint => endpoint.family === family).length)
  return count(answered, 4) === count(asked, 4) && count(answered, 6) === count(asked, 6)
}

/** Distinct servers, at most `limit`. */
export function distinctServers(servers: readonly Endpoint[], limit: number): Endpoint[] {
  return [...new Map(servers.map(server => [formatEndpoint(server), server])).values()].slice(0, limit)
}

function keyOf(transactionId: Uint8Array): string {
  return Buffer.from(transactionId).toString('hex')
}
