/** An inbox in a database of its own, with the standing of each peer in the hands of the test. */

import type { PeerId } from '@libp2p/interface'
import type { MeshConfig } from '../../src/config/resolve.ts'
import { InboxStore, type InboxRow } from '../../src/mailbox/inbox-store.ts'
import { Inbox } from '../../src/mailbox/inbox.ts'
import { OutboxStore } from '../../src/mailbox/outbox-store.ts'
import { Outbox } from '../../src/mailbox/outbox.ts'
import { Turns } from '../../src/mailbox/turns.ts'
import type { ApprovalStatus } from '../../src/mesh-api.ts'
import type { WireAck, WireMessage } from '../../src/protocols/wire-message.ts'
import { FakeClock } from './fake-clock.ts'
import { testId, testMessage } from './messages.ts'
import { alice } from './peers.ts'
import { TestDatabase } from './test-database.ts'

type InboxConfig = Pick<MeshConfig, 'dmPolicy' | 'rateLimit' | 'turnBudget'>

export interface From {
  peerId?: PeerId
  address?: string
}

export class TestInbox implements Disposable {
  readonly clock = new FakeClock()
  readonly db = new TestDatabase()
  readonly standing = new Map<string, ApprovalStatus>()
  readonly received: InboxRow[] = []
  readonly held: InboxRow[] = []
  readonly replied: string[] = []
  /** Messages that were let in, noted in the transaction that did it. */
  readonly storing: string[] = []
  store: InboxStore
  inbox: Inbox
  turns: Turns
  outbox: Outbox
  readonly #config: InboxConfig

  constructor(config: Partial<InboxConfig> = {}) {
    this.#config = {
      dmPolicy: 'pairing', rateLimit: { unapprovedPerHour: 10, approvedPerMinute: 600 }, turnBudget: { perPeerPerHour: 12, perHour: 60, perDay: 500 }, ...config
    };
    [this.store, this.inbox, this.turns, this.outbox] = this.#open()
  }

  approve(...peerIds: PeerId[]): void {
    for (const peerId of peerIds) this.standing.set(peerId.toString(), 'approved')
  }

  /** A message arrives, from alice unless somebody else is named. */
  async take(message: WireMessage, { peerId = alice, address = '192.0.2.7' }: From = {}): Promise<WireAck> {
    return await this.inbox.receive({ from: peerId, message, address })
  }

  /** Messages with these numbers arrive one after the other; what each led to. */
  async takeAll(numbers: number[], from: From = {}): Promise<string[]> {
    const outcomes: string[] = []
    for (const number of numbers) {
      const { stage, code } = await this.take(testMessage(number), from)
      outcomes.push(code ?? stage)
    }
    return outcomes
  }

  /** We send a message, so that replies to it are awaited. */
  async send(number: number, peerId = alice, ttlMs = 60_000): Promise<void> {
    await this.outbox.queue({ id: testId(number), peerId: peerId.toString(), kind: 'chat', text: 'question', hops: 0, expiresAt: this.clock.now() + ttlMs })
  }

  reopen(): void {
    this.db.reopen();
    [this.store, this.inbox, this.turns, this.outbox] = this.#open()
  }

  [Symbol.dispose](): void {
    this.db[Symbol.dispose]()
  }

  #open(): [InboxStore, Inbox, Turns, Outbox] {
    const { database, commits } = this.db
    const store = new InboxStore(database)
    const statusOf = (peerId: string): ApprovalStatus => this.standing.get(peerId) ?? 'unknown'
    const shared = { store, commits, statusOf, now: this.clock.now }
    const ignore = (): void => undefined
    const onWriteError = (error: unknown): void => { throw error }
    const outbox = new Outbox({ store: new OutboxStore(database), commits, now: this.clock.now, onChange: ignore, onDropped: ignore, onWriteError })
    const inbox = new Inbox({
      ...shared,
      config: this.#config,
      findSent: messageId => outbox.get(messageId),
      countReply: (messageId) => { outbox.countReply(messageId) },
      onReceived: (row) => { this.received.push(row) },
      onHeld: (row) => { this.held.push(row) },
      onStoring: ({ id }) => { this.storing.push(id) },
      judgeCall: () => ({ refusal: { code: 'INVALID_ARGUMENT', text: 'no calls here' } }),
      onReplied: (sent, reply) => { this.replied.push(`${sent.id} by ${reply.text}`) }
    })
    return [store, inbox, new Turns({ ...shared, dmPolicy: this.#config.dmPolicy, budget: this.#config.turnBudget }), outbox]
  }
}
