/** A relay of its own: circuit relay, bootstrap peer and STUN service in one node, without mailbox or gateway. */
import type { RelayLimits } from './config/resolve.ts'
import { systemClock } from './lib/clock.ts'
import { MeshError } from './lib/errors.ts'
import type { Logger } from './lib/log.ts'
import { StunService } from './nat/stun-service.ts'
import { createNode, type CreatedNode, type CreateNodeInit } from './node/create-node.ts'
import { dhtFactory, type DhtService } from './node/dht.ts'
import { RelayEntry } from './node/relay-entry.ts'
import { instanceRecords } from './protocols/instance-record.ts'
import { relayAddresses, type RelayAddresses } from './relay/relay-addresses.ts'
import { RelayServer } from './relay/relay-server.ts'
import type { RelayStats } from './relay/relay-stats.ts'

export { describeRelay, type RelayStats } from './relay/relay-stats.ts'

export interface RelayInit {
  listenAddrs: string[]
  /** Told instead of the detected addresses, where there are any. */
  announceAddrs: string[]
  /** Folder of identity and peer store; created with mode 0700. */
  dataDir: string
  /** Key of a private network. @default none: whoever finds it connects */
  networkKeyFile?: string | undefined
  limits: RelayLimits
  version: string
  log: Logger
  /** Told every few minutes while it runs. */
  onHealth: (stats: RelayStats) => void
}

/** Where a started relay is found. */
export interface RelayPlace {
  peerId: string
  listenAddrs: string[]
  /** To hand out; each ends in `/p2p/<peer ID>`. */
  relayAddrs: string[]
  /** Whether the whole Internet can dial them, or the owner gave them. */
  isPublic: boolean
  /** Whether only nodes with the key of its network connect. */
  hasNetworkKey: boolean
  /** Ports of the STUN service; none without a TCP listener. */
  stun: { udp: number[], tcp: number[] }
}

interface Parts {
  node: CreatedNode
  server: RelayServer
  stun: StunService
  dht: DhtService
  /** With their ports chosen. */
  listenAddrs: string[]
  announced: RelayAddresses
  /** Under which others find this relay. */
  entry: RelayEntry
}

/**
 * @example
 * const relay = new Relay({ listenAddrs, announceAddrs: [], dataDir, limits, version, log, onHealth })
 * const { relayAddrs } = await relay.start()
 * await relay.stop()
 */
export class Relay {
  readonly #init: RelayInit
  #parts: Parts | undefined

  constructor(init: RelayInit) {
    this.#init = init
  }

  /** @throws MeshError when the data folder is in use, the identity unusable or a port taken */
  async start(): Promise<RelayPlace> {
    const failures: Error[] = []
    let onStunError = (error: Error): void => { failures.push(error) }
    const parts = await this.#assemble((error) => { onStunError(error) })
    this.#parts = parts
    try {
      await parts.node.start()
      const [failure] = failures
      if (failure !== undefined) throw new MeshError('INTERNAL', failure.message, { cause: failure })
    } catch (error) {
      await this.stop()
      throw error
    }
    parts.entry.start()
    onStunError = (error) => { this.#init.log.warn(`STUN: ${error.message}`) }
    return placeOf(parts, this.#init)
  }

  async stop(): Promise<void> {
    const parts = this.#parts
    this.#parts = undefined
    if (parts === undefined) return
    parts.entry.stop()
    await parts.node.libp2p.stop()
    await parts.node.close()
  }

  /** Undefined while it does not run. */
  get stats(): RelayStats | undefined {
    return this.#parts?.server.stats
  }

  async #assemble(onStunError: (error: Error) => void): Promise<Parts> {
    const { announceAddrs, limits, onHealth, log } = this.#init
    const clock = systemClock
    const made: Partial<Parts> = {}
    const config = nodeConfig(this.#init)
    const createDht = await dhtFactory(config, { records: instanceRecords(clock.now), isKept: () => false, clock, random: Math.random })
    const node = await createNode({
      stateDir: this.#init.dataDir, config, version: this.#init.version, log, now: clock.now,
      onSelfDiscovered: () => undefined, // by mDNS, which is off
      announceOnly: (listenAddrs) => {
        made.listenAddrs = listenAddrs
        made.announced = announceAddrs.length > 0 ? { addresses: announceAddrs, scope: 'public' } : relayAddresses(listenAddrs)
        return made.announced.addresses
      },
      services: {
        relay: components => made.server = new RelayServer(components, { limits, onHealth, clock, log }),
        stun: components => made.stun = new StunService(components, { clock, onError: onStunError }),
        dht: components => made.dht = createDht(components)
      }
    })
    const parts = complete(made)
    return { node, ...parts, entry: new RelayEntry(parts.dht, { clock, random: Math.random, log }) }
  }
}

function placeOf({ node: { libp2p }, stun, listenAddrs, announced }: Parts, { networkKeyFile }: RelayInit): RelayPlace {
  const peerId = libp2p.peerId.toString()
  return {
    peerId, listenAddrs, isPublic: announced.scope === 'public', hasNetworkKey: networkKeyFile !== undefined, stun: stun.ports ?? { udp: [], tcp: [] },
    relayAddrs: announced.addresses.map(address => `${address}/p2p/${peerId}`)
  }
}

/** What the node's creation made on its way. */
function complete({ server, stun, dht, listenAddrs, announced }: Partial<Parts>): Omit<Parts, 'node' | 'entry'> {
  if (server === undefined || stun === undefined || dht === undefined || listenAddrs === undefined || announced === undefined) {
    throw new MeshError('INTERNAL', 'the relay was not put together')
  }
  return { server, stun, dht, listenAddrs, announced }
}

/** A node that waits for others: nothing is looked for on the LAN, mapped at a router or relayed for itself. */
function nodeConfig({ listenAddrs, networkKeyFile }: RelayInit): CreateNodeInit['config'] {
  return {
    listenAddrs, networkKeyFile, announceAddrs: [], discovery: ['dht'], enableWebSocket: listenAddrs.some(address => /\/wss?(\/|$)/.test(address)),
    enableIdentify: true, enableAutoNAT: true, enableUPnP: false, enableCircuitRelay: false, enableDCUtR: false, enableCircuitRelayServer: true
  }
}
