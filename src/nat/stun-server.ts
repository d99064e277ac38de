/** The STUN service of a relay: UDP on two ports (two tell a client the kind of its NAT) and TCP for simultaneous open. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { MAX_STUN_TCP_CONNECTIONS, STUN_TCP_IDLE_MS } from '../config/nat-limits.ts'
import { toError } from '../lib/errors.ts'
import { toEndpoint } from './endpoint.ts'
import type { StunResponder } from './stun-responder.ts'
import { StunFrames } from './stun-frames.ts'

export interface StunServerInit {
  responder: StunResponder
  /** Addresses to listen on, e.g. `0.0.0.0` and `::`. */
  hosts: string[]
  /** Ports of both services; INTERFACE: the node's TCP port and the next for UDP, the two after the TCP port for TCP. */
  udpPorts: number[]
  tcpPorts: number[]
  /** Told when a datagram or connection failed; the service goes on. */
  onError: (error: Error) => void
}

/** Ports of the STUN service of a relay that listens on TCP `port`. */
export function stunPorts(port: number): { udp: number[], tcp: number[] } {
  return { udp: [port, port + 1], tcp: [port + 1, port + 2] }
}

/**
 * @example
 * const server = new StunServer({ responder, hosts: ['0.0.0.0'], udpPorts: [4001, 4002], tcpPorts: [4002, 4003], onError })
 * await server.start()
 */
export class StunServer {
  readonly #init: StunServerInit
  #udp: UdpSocket[] = []
  #tcp: Server[] = []
  readonly #connections = new Set<Socket>()

  constructor(init: StunServerInit) {
    this.#init = init
  }

  /** @throws the system's error when a port is taken; nothing is left open then */
  async start(): Promise<void> {
    try {
      for (const host of this.#init.hosts) {
        for (const port of this.#init.udpPorts) await this.#openUdp(host, port)
        for (const port of this.#init.tcpPorts) await this.#openTcp(host, port)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Closes everything; safe to call twice. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    const sockets = [...this.#tcp.splice(0), ...this.#udp.splice(0)]
    await Promise.all(sockets.map(async (socket) => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    }))
  }

  /** Ports that the system chose where 0 was asked for. */
  get ports(): { udp: number[], tcp: number[] } {
    const tcp = this.#tcp.map(server => server.address()).map(address => typeof address === 'object' && address !== null ? address.port : 0)
    return { udp: this.#udp.map(socket => socket.address().port), tcp }
  }

  async #openUdp(host: string, port: number): Promise<void> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) })
    socket.bind(port, host)
    await once(socket, 'listening')
    this.#udp.push(socket)
    socket.on('error', this.#init.onError)
    socket.on('message', (bytes, from) => {
      this.#answer(bytes, from.address, from.port).then((answer) => {
        if (answer !== undefined && this.#udp.includes(socket)) socket.send(answer, from.port, from.address)
      }, (error: unknown) => { this.#init.onError(toError(error)) })
    })
  }

  async #openTcp(host: string, port: number): Promise<void> {
    const server = createServer((socket) => { this.#serve(socket) })
    server.maxConnections = MAX_STUN_TCP_CONNECTIONS
    server.listen({ port, host, ipv6Only: isIPv6(host) })
    await once(server, 'listening')
    this.#tcp.push(server)
    server.on('error', this.#init.onError)
  }

  /** A connection may ask several times; it is closed when it stays silent. */
  #serve(socket: Socket): void {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return
    }
    this.#connections.add(socket)
    socket.on('close', () => { this.#connections.delete(socket) })
    socket.on('error', () => { socket.destroy() })
    socket.setTimeout(STUN_TCP_IDLE_MS, () => { socket.destroy() })
    const frames = new StunFrames((frame) => {
      this.#answer(frame, remoteAddress, remotePort).then((answer) => {
        if (answer !== undefined && socket.writable) socket.write(answer)
      }, (error: unknown) => { this.#init.onError(toError(error)) })
    })
    socket.on('data', (bytes) => { if (!frames.push(bytes)) socket.destroy() })
  }

  async #answer(question: Uint8Array, host: string, port: number): Promise<Uint8Array | undefined> {
    const from = toEndpoint(host, port)
    return from === undefined ? undefined : await this.#init.responder.answer(question, from)
  }
}
