/** The STUN service of a relay as a part of its node: on the ports beside the node's TCP port, for as long as the node runs. */
import type { PrivateKey, Startable } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../lib/clock.ts'
import { systemCode, toError } from '../lib/errors.ts'
import { StunResponder } from './stun-responder.ts'
import { stunPorts, StunServer } from './stun-server.ts'

export interface StunServiceComponents {
  privateKey: PrivateKey
  /** With the ports of the listen addresses chosen. */
  addressManager: Pick<AddressManager, 'getListenAddrs'>
}

export interface StunServiceInit {
  clock: Clock
  /** The UDP port that a socket of this node holds already, and answers STUN on with `responder`. @default none */
  ownUdpPort?: () => number
  /** Told when the service cannot be given, and of errors while it is. */
  onError: (error: Error) => void
}

/** Codes of an address family that this machine does not have; the transports go on without it, too. */
const NO_SUCH_FAMILY: ReadonlySet<string | undefined> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

/** Clients find the service by the relay's TCP address alone (`stunPorts`), so it has these ports or none. */
export class StunService implements Startable {
  /** For the UDX socket of the same node. */
  readonly responder: StunResponder
  readonly #components: StunServiceComponents
  readonly #init: StunServiceInit
  #servers: StunServer[] = []

  constructor(components: StunServiceComponents, init: StunServiceInit) {
    this.#components = components
    this.#init = init
    this.responder = new StunResponder({ clock: init.clock, privateKey: components.privateKey })
  }

  start(): void {
    // Nothing yet: the node's own UDP socket comes first.
  }

  async afterStart(): Promise<void> {
    const { hosts, port } = this.#place
    if (port === undefined) return
    for (const host of hosts) await this.#serve(host, port, hosts.length > 1)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(async (server) => { await server.stop() }))
  }

  /** The ports it answers on; undefined while it does not. */
  get ports(): { udp: number[], tcp: number[] } | undefined {
    const { port } = this.#place
    return this.#servers.length === 0 || port === undefined ? undefined : stunPorts(port)
  }

  async #serve(host: string, port: number, isOneOfSeveral: boolean): Promise<void> {
    const { udp, tcp } = stunPorts(port)
    const udpPorts = udp.filter(number => number !== this.#init.ownUdpPort?.())
    const server = new StunServer({ responder: this.responder, hosts: [host], tcpPorts: tcp, udpPorts, onError: this.#init.onError })
    try {
      await server.start()
      this.#servers.push(server)
    } catch (error) {
      if (isOneOfSeveral && NO_SUCH_FAMILY.has(systemCode(error))) return
      this.#init.onError(new Error(`STUN needs UDP ports ${udpPorts.join(', ')} and TCP ports ${tcp.join(', ')}: ${toError(error).message}`, { cause: error }))
    }
  }

  /** The port of the first TCP listener, and the hosts of all that listen on it. */
  get #place(): { hosts: string[], port: number | undefined } {
    const listening = this.#components.addressManager.getListenAddrs().map(plainTcp).filter(address => address !== undefined)
    const port = listening.find(address => address.port > 0)?.port
    return { port, hosts: listening.filter(address => address.port === port).map(address => address.host) }
  }
}

/** Host and port of a listen address for TCP without WebSocket. */
function plainTcp(address: Multiaddr): { host: string, port: number } | undefined {
  const [host, tcp, ...over] = address.getComponents()
  if (host?.value === undefined || tcp?.name !== 'tcp' || over.length > 0) return undefined
  return { host: host.value, port: Number(tcp.value) }
}
