/** Asks routers by NAT-PMP to map the node's TCP ports, beside the library's UPnP, and keeps the mappings alive. */
import { networkInterfaces } from 'node:os'
import type { Libp2pEvents, Startable, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, TransportManager } from '@libp2p/interface-internal'
import { isPrivateIp } from '@libp2p/utils'
import { PMP_LIFETIME_MS, PMP_LISTEN_DELAY_MS, PMP_RETRY_MS, PMP_STOP_TIMEOUT_MS } from '../config/nat-limits.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { findGateways, type Gateway } from './gateways.ts'
import { externalAddress, mapTcpPort } from './nat-pmp.ts'

export interface PortMapperComponents {
  events: TypedEventTarget<Libp2pEvents>
  addressManager: Pick<AddressManager, 'addPublicAddressMapping' | 'removePublicAddressMapping'>
  transportManager: Pick<TransportManager, 'getAddrs'>
}

export interface PortMapperInit {
  clock: Clock
  log: Logger
  /** @default those of this machine */
  gateways?: () => Promise<Gateway[]>
}

interface Mapping {
  gateway: Gateway
  port: number
  externalHost: string
  externalPort: number
}

export class PortMapper implements Startable {
  readonly #components: PortMapperComponents
  readonly #init: PortMapperInit
  readonly #mappings = new Map<string, Mapping>()
  #stopping = new AbortController()
  #timer: Timer | undefined

  constructor(components: PortMapperComponents, init: PortMapperInit) {
    this.#components = components
    this.#init = init
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#components.events.addEventListener('transport:listening', this.#handleListening)
  }

  /** Gives the ports back, as far as the routers are quick. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the node is stopping'))
    this.#components.events.removeEventListener('transport:listening', this.#handleListening)
    this.#timer?.cancel()
    const signal = AbortSignal.timeout(PMP_STOP_TIMEOUT_MS)
    await Promise.allSettled([...this.#mappings.values()].map(async ({ gateway, port }) => await mapTcpPort(gateway.host, { port, lifetimeMs: 0 }, signal)))
    this.#mappings.clear()
  }

  /** There may be a port that is not mapped yet. */
  readonly #handleListening = (): void => { this.#renewIn(PMP_LISTEN_DELAY_MS) }

  #renewIn(ms: number): void {
    this.#timer?.cancel()
    if (!this.#stopping.signal.aborted) this.#timer = this.#init.clock.after(ms, () => { this.#renew() })
  }

  #renew(): void {
    this.#mapAll().catch((error: unknown) => { this.#init.log.debug(`No router was found: ${toError(error).message}`) })
      .finally(() => { this.#renewIn(this.#mappings.size > 0 ? PMP_LIFETIME_MS / 2 : PMP_RETRY_MS) })
  }

  async #mapAll(): Promise<void> {
    const gateways = await (this.#init.gateways ?? (async () => await findGateways(networkInterfaces())))()
    for (const gateway of gateways) {
      for (const port of this.#portsAt(gateway.ownHost)) await this.#map(gateway, port)
    }
  }

  async #map(gateway: Gateway, port: number): Promise<void> {
    const key = `${gateway.ownHost}:${port}`
    const { signal } = this.#stopping
    try {
      const externalHost = await externalAddress(gateway.host, signal)
      if (isPrivateIp(externalHost) === true) throw new Error(`${gateway.host} is behind another router itself (${externalHost})`)
      const { externalPort } = await mapTcpPort(gateway.host, { port, lifetimeMs: PMP_LIFETIME_MS }, signal)
      this.#keep(key, { gateway, port, externalHost, externalPort })
    } catch (error) {
      this.#keep(key, undefined)
      this.#init.log.debug(`No port was mapped: ${toError(error).message}`)
    }
  }

  #keep(key: string, mapping: Mapping | undefined): void {
    const { addressManager } = this.#components
    const known = this.#mappings.get(key)
    if (known?.externalHost === mapping?.externalHost && known?.externalPort === mapping?.externalPort) return
    if (known !== undefined) addressManager.removePublicAddressMapping(known.gateway.ownHost, known.port, known.externalHost, known.externalPort, 'tcp')
    this.#mappings.delete(key)
    if (mapping === undefined || this.#stopping.signal.aborted) return
    this.#mappings.set(key, mapping)
    addressManager.addPublicAddressMapping(mapping.gateway.ownHost, mapping.port, mapping.externalHost, mapping.externalPort, 'tcp')
    this.#init.log.debug(`The router ${mapping.gateway.host} mapped ${mapping.externalHost}:${mapping.externalPort} to port ${mapping.port}`)
  }

  #portsAt(host: string): number[] {
    const ports = this.#components.transportManager.getAddrs().map(address => address.getComponents())
      .filter(([first]) => first?.name === 'ip4' && first.value === host)
      .map(components => Number(components.find(({ name }) => name === 'tcp')?.value ?? 0))
    return [...new Set(ports)].filter(port => port > 0)
  }
}
