/** A sender whose outbox and wire are the test itself. */

import { MeshError } from '../../src/lib/errors.ts'
import type { OutboxDraft } from '../../src/mailbox/outbox-store.ts'
import type { DeliveryChange } from '../../src/mailbox/outbox.ts'
import { Sender } from '../../src/mailbox/sender.ts'
import type { DeliveryState } from '../../src/mesh-api.ts'
import { FakeClock } from './fake-clock.ts'
import { testId } from './messages.ts'
import { Seen } from './seen.ts'
import { settled } from './turns.ts'

export const ALICE = 'alice'
/** The first message. */
export const ID = testId(1)
export const letter = { peerId: ALICE, text: 'hello' }
export const unreachable = new MeshError('UNREACHABLE', 'peer alice cannot be reached', { reason: 'refused' })

/** @param post what queueing a message leads to */
export function createSender(post: (draft: OutboxDraft) => Promise<boolean> = async () => true) {
  const clock = new FakeClock()
  const posted = new Seen<OutboxDraft>()
  const known: { state: DeliveryState } = { state: 'queued' }
  let ids = 0
  const sender = new Sender({
    config: { messageTtlMs: 60_000, deliveryAckTimeoutMs: 15_000 },
    clock,
    newId: () => testId(++ids),
    stateOf: () => known.state,
    post: async (draft) => {
      posted.add(draft)
      return await post(draft)
    }
  })
  const change = async (state: DeliveryState, more: Partial<DeliveryChange> = {}): Promise<void> => {
    await posted.first()
    await settled()
    known.state = state
    sender.handleChange({ messageId: ID, peerId: ALICE, kind: 'chat', state, ...more })
    await settled()
  }
  return { clock, posted, sender, change, known }
}
