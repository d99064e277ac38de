/** Forwards without a mailbox, and what channels may answer. */

import assert from 'node:assert/strict'
import { ForwardStore } from '../../src/mailbox/forward-store.ts'
import { Forwards } from '../../src/mailbox/forwards.ts'
import type { DeliveryTarget, ForwardOutcome } from '../../src/mesh-api.ts'
import { FakeClock } from './fake-clock.ts'
import { TestDatabase } from './test-database.ts'

export const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'chat:oc_1' }
export const SLACK: DeliveryTarget = { channel: 'slack', target: '#mesh', accountId: 'work' }
export const SENT: ForwardOutcome = { kind: 'sent', platformIds: ['om_1'] }
export const retry = (retryAfterMs?: number): ForwardOutcome => ({ kind: 'retry', error: 'try later', ...retryAfterMs !== undefined && { retryAfterMs } })

/** Forwards in a database of their own; tests play the channels. */
export class TestForwards implements Disposable {
  readonly clock = new FakeClock()
  readonly db = new TestDatabase()
  readonly due: string[] = []
  store: ForwardStore
  forwards: Forwards
  targets: DeliveryTarget[]

  constructor(...targets: DeliveryTarget[]) {
    this.targets = targets;
    [this.store, this.forwards] = this.#open()
  }

  /** A message is stored that goes to every target. */
  async plan(messageId: string): Promise<void> {
    await this.db.commits.write(() => { this.forwards.plan(messageId) })
    this.forwards.announceDue()
  }

  /** What was announced since the last time. */
  takeDue(): string[] {
    return this.due.splice(0)
  }

  /** One attempt; the state of the report, where there was one. */
  async attempt(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<string | undefined> {
    assert.equal(await this.forwards.begin(messageId, target), true)
    return (await this.forwards.finish(messageId, target, outcome))?.state
  }

  reopen(): void {
    this.forwards.stop()
    this.db.reopen();
    [this.store, this.forwards] = this.#open()
  }

  [Symbol.dispose](): void {
    this.forwards.stop()
    this.db[Symbol.dispose]()
  }

  #open(): [ForwardStore, Forwards] {
    const store = new ForwardStore(this.db.database)
    return [store, new Forwards({
      targets: this.targets, store, commits: this.db.commits, clock: this.clock, random: () => 0.999_999_999,
      onDue: (messageId, target) => { this.due.push(`${messageId} ${target.channel}${target.accountId === undefined ? '' : `/${target.accountId}`}`) }
    })]
  }
}
