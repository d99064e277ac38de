/** The one UDP socket of a node (IPv4, and IPv6 where the host has it): STUN, probes and UDX data on the same port. */
import { UDP_BUFFER_BYTES } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import type { Endpoint } from './endpoint.ts'
import { toEndpoint } from './endpoint.ts'
import type { Udx, UdxRawSocket } from './udx.ts'

/** One bound UDP port. */
export interface UdpPort {
  readonly family: 4 | 6
  readonly port: number
  /** For UDX streams. */
  readonly raw: UdxRawSocket
  /** Sends one datagram, or drops it as a full network would. */
  send: (bytes: Uint8Array, to: Endpoint, ttl?: number) => void
  close: () => Promise<void>
}

/** Gets what is not UDX data of a known stream. */
export type DatagramHandler = (bytes: Uint8Array, from: Endpoint, via: UdpPort) => void

export interface UdxSocketInit {
  udx: Udx
  /** Port to prefer, the number of the node's TCP port; another one is taken when it is in use. 0 for any. */
  port: number
  onDatagram: DatagramHandler
  /** Told of a datagram that the system refused to send, at most once for each port and reason. */
  onDropped: (reason: string) => void
}

export class UdxSocket {
  readonly #init: UdxSocketInit
  readonly #ports = new Map<4 | 6, UdpPort>()

  constructor(init: UdxSocketInit) {
    this.#init = init
  }

  /** @throws when not even an IPv4 port can be bound */
  start(): void {
    const ip4 = this.#bind(4, this.#init.port) ?? this.#bind(4, 0)
    if (ip4 === undefined) throw new Error('no UDP port can be bound')
    tune(ip4)
    this.#ports.set(4, ip4)
    const ip6 = this.#bind(6, ip4.port)
    if (ip6 === undefined) return // a host without IPv6, or the number is taken there
    tune(ip6)
    this.#ports.set(6, ip6)
  }

  /** Destroy all UDX streams before: a port closes when its last stream has. */
  async stop(): Promise<void> {
    const ports = [...this.#ports.values()]
    this.#ports.clear()
    await Promise.all(ports.map(async (port) => { await port.close() }))
  }

  port(family: 4 | 6): UdpPort | undefined {
    return this.#ports.get(family)
  }

  /** The number of the port, 0 while it is not open. */
  get number(): number {
    return this.#ports.get(4)?.port ?? 0
  }

  send(bytes: Uint8Array, to: Endpoint, ttl?: number): void {
    this.#ports.get(to.family)?.send(bytes, to, ttl)
  }

  /** A further IPv4 port of its own, for birthday probing; the caller closes it. */
  openExtra(): UdpPort | undefined {
    return this.#bind(4, 0)
  }

  #bind(family: 4 | 6, port: number): UdpPort | undefined {
    const raw = this.#init.udx.createSocket({ ipv6Only: family === 6 })
    try {
      raw.bind(port, family === 4 ? '0.0.0.0' : '::')
    } catch (error) {
      this.#init.onDropped(`binding port ${String(port)} of IPv${String(family)}: ${toError(error).message}`)
      raw.close().catch((failure: unknown) => { this.#init.onDropped(toError(failure).message) })
      return undefined
    }
    return this.#wrap(raw, family)
  }

  #wrap(raw: UdxRawSocket, family: 4 | 6): UdpPort {
    const complaints = new Set<string>()
    let isClosed = false
    const port: UdpPort = {
      family, raw, port: raw.address()?.port ?? 0,
      send: (bytes, to, ttl) => {
        if (isClosed) return
        try {
          raw.trySend(bytes, to.port, to.host, ttl)
        } catch (error) {
          const reason = toError(error).message
          if (!complaints.has(reason)) this.#init.onDropped(reason)
          complaints.add(reason)
        }
      },
      close: async () => {
        isClosed = true
        await raw.close()
      }
    }
    raw.on('message', (bytes, from) => {
      const endpoint = toEndpoint(from.host, from.port)
      if (endpoint !== undefined && !isClosed) this.#init.onDatagram(bytes, endpoint, port)
    })
    return port
  }
}

/** The kernel gives what it allows, which is fine. */
function tune({ raw }: UdpPort): void {
  raw.setRecvBufferSize(UDP_BUFFER_BYTES)
  raw.setSendBufferSize(UDP_BUFFER_BYTES)
}
