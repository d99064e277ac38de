/** Everything of NAT traversal that needs the UDX socket, opened and closed as one. */
import type { ComponentLogger, PeerId } from '@libp2p/interface'
import { toError } from '../lib/errors.ts'
import type { Clock } from '../lib/clock.ts'
import { hasPublicIp6, type Interfaces } from './candidates.ts'
import type { Endpoint } from './endpoint.ts'
import { NatObserver } from './nat-observer.ts'
import { ProbeRouter } from './probe-router.ts'
import { StunClient } from './stun-client.ts'
import type { StunResponder } from './stun-responder.ts'
import { decodeStun, isStun } from './stun.ts'
import { UdpPlane } from './udp-plane.ts'
import { UdxConnections } from './udx-connections.ts'
import { UdxSocket, type UdpPort } from './udx-socket.ts'
import type { Udx } from './udx.ts'

export interface UdpStackInit {
  udx: Udx
  /** Preferred port number. */
  port: number
  servers: (relay: PeerId | undefined) => Promise<Endpoint[]>
  interfaces: () => Interfaces
  /** Answers STUN on this socket too; a relay's. */
  responder?: StunResponder
  clock: Clock
  random: () => number
  randomBytes: (length: number) => Uint8Array
  logger: ComponentLogger
}

export class UdpStack {
  readonly socket: UdxSocket
  readonly observer: NatObserver
  readonly connections: UdxConnections
  readonly plane: UdpPlane
  readonly #stun: StunClient
  readonly #router = new ProbeRouter()
  readonly #init: UdpStackInit

  constructor(init: UdpStackInit) {
    this.#init = init
    const { udx, clock, randomBytes, interfaces, logger } = init
    const log = logger.forComponent('libp2p-mesh:udp')
    const socket = new UdxSocket({
      udx, port: init.port,
      onDatagram: (bytes, from, via) => { this.#handle(bytes, from, via) },
      onDropped: (reason) => { log('%s', reason) }
    })
    this.socket = socket
    this.#stun = new StunClient({ send: (bytes, to) => { socket.send(bytes, to) }, clock, randomBytes })
    this.observer = new NatObserver({ client: this.#stun, clock, interfaces, hasIp6: () => socket.port(6) !== undefined && hasPublicIp6(interfaces()) })
    this.connections = new UdxConnections({
      udx, logger, isMainPort: port => port === socket.port(port.family), randomId: () => idOf(randomBytes(4))
    })
    this.plane = new UdpPlane({
      ...init, socket, observer: this.observer, connections: this.connections, router: this.#router,
      onError: (error) => { log.error('%e', error) }
    })
  }

  /** @throws when no UDP port can be bound */
  start(): void {
    this.socket.start()
  }

  async stop(): Promise<void> {
    await this.connections.stop()
    await this.socket.stop()
  }

  #handle(bytes: Uint8Array, from: Endpoint, via: UdpPort): void {
    if (!isStun(bytes)) {
      this.#router.handle(bytes, from, via)
      return
    }
    const message = decodeStun(bytes)
    if (message?.kind === 'response') this.#stun.handle(message, from)
    else if (message?.kind === 'request') this.#answer(bytes, from, via)
  }

  #answer(question: Uint8Array, from: Endpoint, via: UdpPort): void {
    this.#init.responder?.answer(question, from).then((answer) => {
      if (answer !== undefined) via.send(answer, from)
    }, (error: unknown) => { this.#init.logger.forComponent('libp2p-mesh:stun').error('no answer - %e', toError(error)) })
  }
}

/** 1 to 2^32 - 1: 0 is no ID. */
function idOf(bytes: Uint8Array): number {
  return Math.max(1, new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0))
}
