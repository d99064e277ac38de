/** Mailboxes of two peers on one wire in memory, each with a database of its own. */

import type { PeerId } from '@libp2p/interface'
import { MeshError } from '../../src/lib/errors.ts'
import type { InboxRow } from '../../src/mailbox/inbox-store.ts'
import { Mailbox, type MailboxInit } from '../../src/mailbox/mailbox.ts'
import type { DeliveryChange } from '../../src/mailbox/outbox.ts'
import type { ApprovalStatus, DeliveryTarget } from '../../src/mesh-api.ts'
import type { WireMessage } from '../../src/protocols/wire-message.ts'
import { FakeClock } from './fake-clock.ts'
import { testConnection } from './links.ts'
import { alice, bob } from './peers.ts'
import { TestDatabase } from './test-database.ts'
import { settled } from './turns.ts'

interface Forward {
  messageId: string
  target: DeliveryTarget
}

/** One end of the wire. */
export class MemoryMailbox implements Disposable {
  readonly peerId: PeerId
  readonly db = new TestDatabase()
  readonly received: InboxRow[] = []
  readonly held: InboxRow[] = []
  readonly deliveries: DeliveryChange[] = []
  readonly forwards: Forward[] = []
  readonly logged: string[] = []
  /** How the owner here stands to the other peer. */
  status: ApprovalStatus = 'approved'
  /** Messages that the wire swallows: they were written, and nobody gets them. */
  swallows: (message: WireMessage) => boolean = () => false
  mailbox: Mailbox
  readonly #wire: MemoryWire
  readonly #targets: DeliveryTarget[]
  #ids = 0

  constructor(peerId: PeerId, wire: MemoryWire, targets: DeliveryTarget[]) {
    this.peerId = peerId
    this.#wire = wire
    this.#targets = targets
    this.mailbox = this.#create()
  }

  get key(): string {
    return this.peerId.toString()
  }

  /** The texts that were let in here, in order. */
  get texts(): string[] {
    return this.received.map(row => row.text)
  }

  /** States of a message of ours as they were told. */
  told(messageId: string): string[] {
    return this.deliveries.filter(change => change.messageId === messageId).map(change => change.state)
  }

  /** Stops without a chance to say goodbye, and starts again. */
  async crash(): Promise<void> {
    this.mailbox.stop()
    this.db.reopen()
    this.mailbox = this.#create()
    await this.mailbox.start()
    await settled()
  }

  [Symbol.dispose](): void {
    this.mailbox.stop()
    this.db[Symbol.dispose]()
  }

  #create(): Mailbox {
    const { database, commits } = this.db
    const wire = this.#wire
    const note = (message: string): void => { this.logged.push(message) }
    const init: MailboxInit = {
      database, commits, clock: wire.clock, random: () => 0.999_999,
      config: {
        dmPolicy: 'pairing', rateLimit: { unapprovedPerHour: 10, approvedPerMinute: 600 }, turnBudget: { perPeerPerHour: 12, perHour: 60, perDay: 500 },
        messageTtlMs: 86_400_000, deliveryAckTimeoutMs: 15_000, inboundTargets: this.#targets, enableBroadcastForwarding: false, enableBroadcastTurns: false
      },
      newId: () => `${this.key === alice.toString() ? 'aaaaaaaa' : 'bbbbbbbb'}-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`,
      log: { debug: note, info: note, warn: note, error: note },
      protocol: {
        isLinked: () => wire.isUp,
        send: (_peerId, message) => wire.send(this, message),
        abortLinks: () => { wire.cut() }
      },
      reach: async () => { if (!wire.isUp) throw new MeshError('UNREACHABLE', 'the cable is pulled', { reason: 'refused' }) },
      isConnected: () => wire.isUp,
      statusOf: () => this.status,
      onWaiting: () => undefined,
      onReceived: (row) => { this.received.push(row) },
      onHeld: (row) => { this.held.push(row) },
      judgeCall: () => ({ refusal: { code: 'NOT_ALLOWED', text: 'no calls here' } }),
      onCallFailed: () => undefined,
      onUnreachable: () => undefined,
      onForwarded: () => undefined,
      onDelivery: (change) => { this.deliveries.push(change) },
      onForwardDue: (row, target) => { this.forwards.push({ messageId: row.id, target }) }
    }
    return new Mailbox(init)
  }
}

/**
 * @example
 * using wire = new MemoryWire()
 * await wire.alice.mailbox.outgoing.send({ peerId: wire.bob.key, text: 'hello' })
 */
export class MemoryWire implements Disposable {
  readonly clock = new FakeClock()
  readonly alice: MemoryMailbox
  readonly bob: MemoryMailbox
  isUp = true
  /** Whether acknowledgements get lost. */
  losesAcks = false

  /** @param targets channels that bob's owner wants messages forwarded to */
  constructor(targets: DeliveryTarget[] = []) {
    this.alice = new MemoryMailbox(alice, this, [])
    this.bob = new MemoryMailbox(bob, this, targets)
  }

  send(from: MemoryMailbox, message: WireMessage): boolean {
    if (this.isUp && !from.swallows(message)) this.#carry(from, message).catch((error: unknown) => { from.logged.push(String(error)) })
    return this.isUp
  }

  /** The connection ends, and with it what is under way. */
  cut(): void {
    this.isUp = false
    this.alice.mailbox.handleLinkClosed(bob)
    this.bob.mailbox.handleLinkClosed(alice)
  }

  /** The peers find each other again. */
  async join(): Promise<void> {
    this.isUp = true
    this.alice.mailbox.outgoing.handlePeerConnected(bob)
    this.bob.mailbox.outgoing.handlePeerConnected(alice)
    await settled()
  }

  [Symbol.dispose](): void {
    this.alice[Symbol.dispose]()
    this.bob[Symbol.dispose]()
  }

  async #carry(from: MemoryMailbox, message: WireMessage): Promise<void> {
    const to = from === this.alice ? this.bob : this.alice
    const ack = await to.mailbox.handleMessage(from.peerId, message, testConnection(from.peerId))
    if (this.isUp && !this.losesAcks) from.mailbox.handleAcks(to.peerId, [ack])
  }
}
