/** Relays as a node's transports see them: reachable or not, serving or not, with room or not, all in the hands of the test. */

import type { Connection, Listener } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { RelaySupervisor } from '../../../src/nat/relay-supervisor.ts'
import { FakeClock } from '../fake-clock.ts'
import { LogRecorder } from '../log-recorder.ts'
import { settled } from '../turns.ts'

/** What a relay does when it is asked. */
export type RelayMood = 'reserves' | 'is down' | 'is full' | 'serves nobody' | 'resets streams'

export class FakeRelays {
  readonly clock = new FakeClock()
  readonly log = new LogRecorder()
  readonly moods = new Map<string, RelayMood>()
  /** Listeners that were made: one for each relay, however often it is asked. */
  readonly listeners: Listener[] = []
  readonly dials: string[] = []
  reserved = 0
  cut = 0
  readonly supervisor: RelaySupervisor
  readonly #events = new EventTarget()
  readonly #held = new Map<Listener, Multiaddr>()

  constructor(...relays: string[]) {
    for (const relay of relays) this.moods.set(relay, 'reserves')
    this.supervisor = new RelaySupervisor({
      events: this.#events as never,
      connectionManager: { openConnection: async address => await this.#open(String(address)) },
      transportManager: {
        getAddrs: () => [...this.#held.values()], getListeners: () => this.listeners,
        listen: async ([address]) => {
          const listener = { listen: async (again: Multiaddr) => { await this.#listen(listener as never, again) } }
          this.listeners.push(listener as never)
          if (address !== undefined) await listener.listen(address)
        }
      }
    }, { relays, onReserved: () => { this.reserved += 1 }, log: this.log, clock: this.clock, random: () => 0.999_999 })
  }

  /** The relay is gone, and the reservation with it. */
  async lose(relay: string): Promise<void> {
    this.moods.set(relay, 'is down')
    for (const [listener, address] of this.#held) if (address.toString().startsWith(relay)) this.#held.delete(listener)
    this.#events.dispatchEvent(new Event('transport:listening'))
    await settled()
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settled()
  }

  /** `reserved`, `waiting full` ... for each relay. */
  get states(): string[] {
    return this.supervisor.status().map(({ state, why }) => [state, ...why === undefined ? [] : [why]].join(' '))
  }

  async #open(relay: string): Promise<Connection> {
    this.dials.push(relay)
    const mood = this.moods.get(relay)
    if (mood === 'is down') throw new Error('connection refused')
    const connection = {
      abort: () => { this.cut += 1 },
      newStream: async (_protocol: string, { signal }: { signal: AbortSignal }) => {
        if (mood === 'serves nobody') throw Object.assign(new Error('no such protocol'), { name: 'UnsupportedProtocolError' })
        if (mood === 'resets streams') return await Promise.reject(new Error('stream reset'))
        signal.throwIfAborted()
        return { close: async () => undefined }
      }
    }
    return connection as unknown as Connection
  }

  async #listen(listener: Listener, address: Multiaddr): Promise<void> {
    const mood = [...this.moods].find(([relay]) => address.toString().startsWith(relay))?.[1]
    if (mood === 'is full') throw new Error('reservation failed with status RESERVATION_REFUSED')
    this.#held.set(listener, multiaddr(address.toString()))
    this.#events.dispatchEvent(new Event('transport:listening'))
  }
}
