/** Two hosts that exchange datagrams in memory, through whatever a test puts between them; nothing is delivered before `deliver`. */

import type { RacePort } from '../../../src/nat/birthday.ts'
import { formatEndpoint, type Endpoint } from '../../../src/nat/endpoint.ts'

export interface SentDatagram {
  from: Endpoint
  to: Endpoint
  bytes: Uint8Array
  ttl: number | undefined
}

type Receiver = (bytes: Uint8Array, from: Endpoint) => void

export class FakeNet {
  readonly sent: SentDatagram[] = []
  /** Decides about each datagram; @default all pass */
  passes: (datagram: SentDatagram) => boolean = () => true
  readonly #ports = new Map<string, Receiver>()
  #pending: SentDatagram[] = []

  /** Open ports. */
  get size(): number {
    return this.#ports.size
  }

  open(at: Endpoint, receive: Receiver): RacePort {
    const key = formatEndpoint(at)
    this.#ports.set(key, receive)
    return {
      send: (bytes, to, ttl) => {
        if (!this.#ports.has(key)) return
        const datagram = { from: at, to, bytes, ttl }
        this.sent.push(datagram)
        this.#pending.push(datagram)
      },
      close: async () => { this.#ports.delete(key) }
    }
  }

  /** Delivers what was sent, and what is sent in answer. */
  deliver(): void {
    while (this.#pending.length > 0) {
      const due = this.#pending
      this.#pending = []
      for (const datagram of due.filter(this.passes)) this.#ports.get(formatEndpoint(datagram.to))?.(datagram.bytes, datagram.from)
    }
  }
}
