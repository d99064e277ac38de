/** An outbox in a database of its own, and a courier on a wire that the test controls. */

import assert from 'node:assert/strict'
import type { PeerId } from '@libp2p/interface'
import { Courier } from '../../src/mailbox/courier.ts'
import { OutboxStore, type OutboxDraft, type OutboxRow } from '../../src/mailbox/outbox-store.ts'
import { Outbox, type DeliveryChange } from '../../src/mailbox/outbox.ts'
import type { WireMessage } from '../../src/protocols/wire-message.ts'
import { FakeClock } from './fake-clock.ts'
import { testId } from './messages.ts'
import { aliceIdentity } from './peers.ts'
import { TestDatabase } from './test-database.ts'
import { settled } from './turns.ts'

export const DAY_MS = 86_400_000

export class TestOutbox implements Disposable {
  readonly clock = new FakeClock()
  readonly db = new TestDatabase()
  readonly changes: DeliveryChange[] = []
  readonly dropped: string[] = []
  readonly writeErrors: unknown[] = []
  outbox: Outbox
  store: OutboxStore
  /** Told what the outbox tells its courier. */
  onDropped: (peerId: string, messageId: string) => void = () => undefined

  constructor() {
    [this.store, this.outbox] = this.#open()
  }

  /** A message to alice with this number. */
  draft(number: number, change: Partial<OutboxDraft> = {}): OutboxDraft {
    return { id: testId(number), peerId: aliceIdentity.peerId, kind: 'chat', text: `text ${number}`, hops: 0, expiresAt: this.clock.now() + DAY_MS, ...change }
  }

  async queue(number: number, change: Partial<OutboxDraft> = {}): Promise<OutboxRow> {
    return await this.outbox.queue(this.draft(number, change)) ?? assert.fail(`message ${number} was queued before`)
  }

  /** The stored row, after everything that was to be written. */
  async row(number: number): Promise<OutboxRow> {
    await this.db.flush()
    const row = this.outbox.get(testId(number))
    if (row === undefined) throw new Error(`message ${number} is not stored`)
    return row
  }

  /** The states that a message went through, as they were told. */
  told(number: number): string[] {
    return this.changes.filter(change => change.messageId === testId(number)).map(({ state, error }) => error === undefined ? state : `${state} ${error.code}`)
  }

  /** As after a restart. */
  reopen(): void {
    this.db.reopen();
    [this.store, this.outbox] = this.#open()
  }

  [Symbol.dispose](): void {
    this.db[Symbol.dispose]()
  }

  #open(): [OutboxStore, Outbox] {
    const store = new OutboxStore(this.db.database)
    return [store, new Outbox({
      store, commits: this.db.commits, now: this.clock.now,
      onChange: (change) => { this.changes.push(change) },
      onWriteError: (error) => { this.writeErrors.push(error) },
      onDropped: (peerId, messageId) => {
        this.dropped.push(messageId)
        this.onDropped(peerId, messageId)
      }
    })]
  }
}

export class TestCourier extends TestOutbox {
  /** What was written to a stream. */
  readonly sent: WireMessage[] = []
  readonly sentTold: string[] = []
  readonly waiting: string[] = []
  readonly unreachable: string[] = []
  readonly aborted: string[] = []
  readonly paused: Array<{ messageId: string, retryAfterMs: number }> = []
  readonly linked = new Set<string>()
  reaches = 0
  /** How an attempt to reach a peer ends. */
  reach: (peerId: PeerId) => Promise<void> = async (peerId) => { this.linked.add(peerId.toString()) }
  courier: Courier

  constructor() {
    super()
    this.courier = this.#create()
    this.onDropped = (peerId, messageId) => { this.courier.drop(peerId, messageId) }
  }

  /** Texts of what was written, in order; forgotten with this. */
  take(): string[] {
    return this.sent.splice(0).map(message => message.text)
  }

  /** Queues messages and sets them on their way. */
  async post(...numbers: number[]): Promise<void> {
    const rows = await Promise.all(numbers.map(number => this.queue(number)))
    for (const row of rows) this.courier.carry(row)
    await settled()
  }

  /** As after a restart, with nobody connected. */
  async restart(): Promise<void> {
    await this.db.flush()
    this.courier.stop()
    this.linked.clear()
    this.reopen()
    this.courier = this.#create()
    this.courier.start()
    await settled()
  }

  /** The time goes by, and what that sets off is done. */
  async advance(ms: number): Promise<void> {
    await settled()
    this.clock.advance(ms)
    await settled()
  }

  #create(): Courier {
    return new Courier({
      outbox: this.outbox,
      clock: this.clock,
      protocol: {
        isLinked: peerId => this.linked.has(peerId.toString()),
        send: (peerId, message) => {
          if (!this.linked.has(peerId.toString())) return false
          this.sent.push(message)
          return true
        },
        abortLinks: (peerId, error) => {
          this.aborted.push(error.message)
          this.linked.delete(peerId.toString())
          this.courier.handleLinkClosed(peerId)
        }
      },
      reach: async (peerId) => {
        this.reaches += 1
        await this.reach(peerId)
      },
      onWaiting: (peerId, isWaiting) => { this.waiting.push(`${peerId.toString().slice(-4)} ${isWaiting ? 'yes' : 'no'}`) },
      onSent: (row) => { this.sentTold.push(row.text) },
      onPaused: (messageId, retryAfterMs) => { this.paused.push({ messageId, retryAfterMs }) },
      onUnreachable: (peerId, error) => { this.unreachable.push(`${peerId.slice(-4)} ${error.message}`) },
      onWriteError: (error) => { this.writeErrors.push(error) }
    })
  }
}
