/** Birthday probing: a hard NAT opens many mappings towards the easy side, which sprays random ports until one is hit. */
import {
  BIRTHDAY_REPEAT_MS, BIRTHDAY_SOCKETS, BIRTHDAY_SOCKETS_AFTER_MS, BIRTHDAY_SPRAY_AFTER_MS, BIRTHDAY_TTLS, MAX_SPRAYED_PORTS, PROBE_TTL, SPRAYED_PORTS_PER_STEP
} from '../config/nat-limits.ts'
import type { Endpoint } from './endpoint.ts'

/** Something that sends datagrams from a port of its own. */
export interface RacePort {
  send: (bytes: Uint8Array, to: Endpoint, ttl?: number) => void
  close: () => Promise<void>
}

/** What one side does: open sockets towards the easy side's mapping, or spray the ports of the hard side's address. */
export type BirthdayPart = { kind: 'sockets', target: Endpoint } | { kind: 'spray', host: string }

export interface BirthdayInit<Port extends RacePort> {
  part: BirthdayPart
  probe: Uint8Array
  main: Port
  openPort: () => Port | undefined
  random: () => number
}

const FIRST_PORT = 1_024
const PORTS = 65_536 - FIRST_PORT

/** One side's birthday probing; `step` is called with every beat of the race. */
export class Birthday<Port extends RacePort> {
  readonly #init: BirthdayInit<Port>
  readonly #ports: Port[] = []
  #salvos = 0
  #sprayed = 0

  constructor(init: BirthdayInit<Port>) {
    this.#init = init
  }

  /** Datagrams sprayed so far. */
  get sprayed(): number {
    return this.#sprayed
  }

  step(elapsedMs: number): void {
    const { part } = this.#init
    switch (part.kind) {
      case 'sockets': { this.#probeFromAll(part.target, elapsedMs); break }
      case 'spray': { this.#spray(part.host, elapsedMs); break }
    }
  }

  /** Closes the sockets except the one that won. */
  async close(winner: Port | undefined): Promise<void> {
    await Promise.all(this.#ports.splice(0).filter(port => port !== winner).map(async (port) => { await port.close() }))
  }

  #probeFromAll(target: Endpoint, elapsedMs: number): void {
    if (elapsedMs < BIRTHDAY_SOCKETS_AFTER_MS + this.#salvos * BIRTHDAY_REPEAT_MS || this.#salvos >= BIRTHDAY_TTLS.length) return
    if (this.#salvos === 0) this.#open()
    for (const port of this.#ports) port.send(this.#init.probe, target, BIRTHDAY_TTLS[this.#salvos])
    this.#salvos++
  }

  #open(): void {
    while (this.#ports.length < BIRTHDAY_SOCKETS) {
      const port = this.#init.openPort()
      if (port === undefined) return // the system gives no more: fewer sockets only lower the odds
      this.#ports.push(port)
    }
  }

  #spray(host: string, elapsedMs: number): void {
    if (elapsedMs < BIRTHDAY_SPRAY_AFTER_MS) return
    for (let sent = 0; sent < SPRAYED_PORTS_PER_STEP && this.#sprayed < MAX_SPRAYED_PORTS; sent++) {
      const port = FIRST_PORT + Math.floor(this.#init.random() * PORTS)
      this.#init.main.send(this.#init.probe, { host, port, family: 4 }, PROBE_TTL)
      this.#sprayed++
    }
  }
}
