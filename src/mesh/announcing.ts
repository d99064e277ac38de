/** Tells connected peers who this instance is: whoever gets a message stream, everybody when something changes, and when it goes. */
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RECORD_LIFE_MS } from '../config/dht-limits.ts'
import { toError } from '../lib/errors.ts'
import type { Network } from '../node/network.ts'
import type { MessageProtocol } from '../protocols/message-protocol.ts'
import { Announcer } from '../routes/announcer.ts'
import type { MeshInit } from './init.ts'
import { noStream } from './no-stream.ts'

export interface AnnouncingInit {
  init: MeshInit
  network: Network
  protocol: MessageProtocol
  privateKey: PrivateKey
  /** 16 hex characters, random for each start. */
  bootId: string
  /** Addresses that the node has now, without the peer ID. */
  addresses: () => Multiaddr[]
  isWelcome: (peerId: PeerId) => boolean
  /** Whether this node dialled the peer for its own sake: whoever did opens the message stream. */
  isDialled: (peerId: PeerId) => boolean
  isApproved: (peerId: PeerId) => boolean
  nextSequence: () => number
}

export class Announcing {
  readonly #init: AnnouncingInit
  readonly #announcer: Announcer
  #told = ''

  constructor(init: AnnouncingInit) {
    const { init: { clock, log, config }, protocol, bootId, privateKey, addresses, isWelcome, isApproved, nextSequence } = init
    this.#init = init
    this.#announcer = new Announcer({
      instanceName: config.instanceName, card: config.agentCard, bootId, privateKey, addresses, clock, log, isWelcome, isApproved, nextSequence,
      linkedPeers: () => protocol.linkedPeers(),
      linkOthers: () => { this.#linkOthers() },
      send: (peerId, record) => protocol.announce(peerId, record)
    })
  }

  start(): void {
    this.#announcer.start()
  }

  /** Says goodbye to everybody who was told anything; call it while the message streams are open. */
  async leave(): Promise<void> {
    await this.#announcer.leave()
  }

  stop(): void {
    this.#announcer.stop()
  }

  /** Our addresses may have changed; returns whether they did. */
  handleAddresses(): boolean {
    const addresses = this.#init.addresses().map(address => address.toString()).sort().join()
    if (addresses === this.#told) return false
    this.#told = addresses
    this.#announcer.handleChange()
    return true
  }

  /** A record of this instance for the DHT; undefined while strangers are told nothing, or there is no address to tell. */
  async record(isOneMachine: boolean): Promise<Uint8Array | undefined> {
    const { config, clock } = this.#init.init
    return config.enableAgentSync ? await this.#announcer.recordForAll({ isLocal: isOneMachine, expiresAt: clock.now() + RECORD_LIFE_MS }) : undefined
  }

  /** @param bootIds runs of the peer's key that we hear, where there are several */
  announceTo(peerId: PeerId, connection: Connection, bootIds: string[] = []): void {
    this.#announcer.announceTo(peerId, connection, bootIds).catch((error: unknown) => {
      this.#init.init.log.error(`${peerId.toString()} could not be told who we are: ${toError(error).message}`)
    })
  }

  /** Tells the peer anew if it has a message stream. */
  announceAgain(peerId: PeerId, bootIds: string[] = []): void {
    const connection = this.#init.protocol.inUse(peerId)
    if (connection !== undefined) this.announceTo(peerId, connection, bootIds)
  }

  #linkOthers(): void {
    const { network, protocol, isWelcome, isApproved, isDialled, init: { log } } = this.#init
    for (const peerId of network.connectedPeers().filter(candidate => isApproved(candidate) || (isWelcome(candidate) && isDialled(candidate)))) {
      protocol.link(peerId).catch(noStream(log, peerId))
    }
  }
}
