import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeliveryTarget, ForwardOutcome } from '../../src/mesh-api.ts'
import { MemoryWire } from '../support/memory-mailbox.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'chat:oc_1' }
const SLACK: DeliveryTarget = { channel: 'slack', target: '#mesh' }
const toBob = { peerId: bob.toString(), text: 'hello bob' }

/** Bob's gateway hands the message to its channel, which answers. */
async function forward(wire: MemoryWire, messageId: string, [target, outcome]: [DeliveryTarget, ForwardOutcome]): Promise<string | undefined> {
  const row = await wire.bob.mailbox.incoming.beginForward(messageId, target)
  if (row !== undefined) await wire.bob.mailbox.incoming.finishForward(messageId, target, outcome)
  await settled()
  return row?.text
}

/** Alice sends to bob's instance; the ID once bob has the message. */
async function sendToInstance(wire: MemoryWire) {
  const sending = wire.alice.mailbox.outgoing.sendToInstance(toBob)
  void Promise.allSettled([sending]) // it may fail before the test looks
  await settled(20)
  return { sending, messageId: wire.bob.received[0]?.id ?? assert.fail('bob has nothing') }
}

describe('Mailbox: forwarding', () => {
  it('delivers a message when every channel showed it, and the sender knows which', async () => {
    using wire = new MemoryWire([FEISHU, SLACK])
    const { sending, messageId } = await sendToInstance(wire)
    assert.deepEqual(wire.bob.forwards.map(due => due.target), [FEISHU, SLACK])
    assert.equal(await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }]), 'hello bob')
    await forward(wire, messageId, [SLACK, { kind: 'sent', platformIds: [] }])
    const { state, deliveries } = await sending
    assert.deepEqual([state, deliveries?.map(delivery => [delivery.channel, delivery.ok])], ['delivered', [['feishu', true], ['slack', true]]])
    assert.equal(await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }]), undefined)
  })

  it('that fails at one channel is NOT_FORWARDED with what each of them said', async () => {
    using wire = new MemoryWire([FEISHU, SLACK])
    const { sending, messageId } = await sendToInstance(wire)
    await forward(wire, messageId, [SLACK, { kind: 'sent', platformIds: [] }])
    await forward(wire, messageId, [FEISHU, { kind: 'failed', error: 'no such chat' }])
    await assert.rejects(sending, { code: 'NOT_FORWARDED', messageId, state: 'received', queued: false })
    const status = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([status.state, status.error?.code, status.deliveries?.map(delivery => delivery.ok)], ['received', 'NOT_FORWARDED', [false, true]])
  })

  it('that is tried again is NOT_FORWARDED now, and in the status it is delivered once the channel took it', async () => {
    using wire = new MemoryWire([FEISHU, SLACK])
    const { sending, messageId } = await sendToInstance(wire)
    await forward(wire, messageId, [SLACK, { kind: 'sent', platformIds: [] }])
    await forward(wire, messageId, [FEISHU, { kind: 'retry', error: 'too many requests' }])
    await assert.rejects(sending, { code: 'NOT_FORWARDED', state: 'received', queued: false, message: /too many requests \(will be tried again\)/ })
    wire.clock.advance(60_000)
    await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }])
    const { state, error, deliveries } = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([state, error, deliveries?.map(delivery => delivery.ok)], ['delivered', undefined, [true, true]])
  })

  it('that takes longer than the wait is ACK_TIMEOUT, and what came of it is in the status', async () => {
    using wire = new MemoryWire([FEISHU])
    const { sending, messageId } = await sendToInstance(wire)
    wire.clock.advance(15_000)
    await assert.rejects(sending, { code: 'ACK_TIMEOUT', messageId, state: 'received', queued: false })
    await forward(wire, messageId, [FEISHU, { kind: 'failed', error: 'no such chat' }])
    const { state, error, deliveries } = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([state, error?.code, deliveries], ['received', 'NOT_FORWARDED', [{ ...FEISHU, ok: false, error: 'no such chat' }]])
  })

  it('decides alone whether a message was delivered, whatever its agent did and its reader saw', async () => {
    using wire = new MemoryWire([FEISHU])
    const { messageId } = await sendToInstance(wire)
    await wire.bob.mailbox.incoming.claimTurn(messageId)
    await wire.bob.mailbox.incoming.finishTurn(messageId, 'delivered')
    await wire.bob.mailbox.incoming.markShown(wire.bob.mailbox.incoming.list({ limit: 1 }))
    await settled()
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'received')
    await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }])
    assert.equal((await wire.alice.mailbox.outgoing.status(messageId)).state, 'delivered')
  })

  it('never happens to a stranger\'s message, and begins with the approval', async () => {
    using wire = new MemoryWire([FEISHU])
    wire.bob.status = 'unknown'
    await assert.rejects(wire.alice.mailbox.outgoing.sendToInstance(toBob), { code: 'HELD_FOR_APPROVAL' })
    assert.deepEqual(wire.bob.forwards, [])
    wire.bob.status = 'approved'
    await wire.bob.mailbox.incoming.release(alice.toString())
    assert.equal(wire.bob.forwards.length, 1)
  })

  it('decides also when the agent has answered before', async () => {
    const answered = async (wire: MemoryWire) => {
      const { sending, messageId } = await sendToInstance(wire)
      await wire.bob.mailbox.outgoing.send({ peerId: alice.toString(), text: 'I am only the agent', inReplyTo: messageId })
      return { sending, messageId }
    }
    using shown = new MemoryWire([FEISHU])
    const first = await answered(shown)
    await forward(shown, first.messageId, [FEISHU, { kind: 'sent', platformIds: [] }])
    assert.equal((await first.sending).deliveries?.[0]?.ok, true)
    using busy = new MemoryWire([FEISHU])
    const second = await answered(busy)
    await forward(busy, second.messageId, [FEISHU, { kind: 'retry', error: 'busy' }])
    await assert.rejects(second.sending, { code: 'NOT_FORWARDED', state: 'replied' })
  })

  it('ends when the owner thinks otherwise of the sender, who is told', async () => {
    using wire = new MemoryWire([FEISHU])
    const { sending, messageId } = await sendToInstance(wire)
    wire.bob.status = 'blocked'
    assert.equal(await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }]), undefined)
    await assert.rejects(sending, { code: 'NOT_FORWARDED', message: /does not approve this node any more/ })
  })

  it('that was uncertain is delivered once the channel said so', async () => {
    using wire = new MemoryWire([FEISHU])
    const { sending, messageId } = await sendToInstance(wire)
    await forward(wire, messageId, [FEISHU, { kind: 'uncertain', error: 'no answer' }])
    await assert.rejects(sending, { code: 'NOT_FORWARDED', state: 'uncertain', queued: false })
    await wire.bob.mailbox.incoming.finishForward(messageId, FEISHU, { kind: 'sent', platformIds: ['om_1'] })
    await settled()
    const { state, error, deliveries } = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([state, error, deliveries], ['delivered', undefined, [{ ...FEISHU, ok: true }]])
  })

  it('never happens to what strangers answer', async () => {
    using wire = new MemoryWire([FEISHU])
    wire.bob.status = 'unknown'
    const { messageId } = await wire.bob.mailbox.outgoing.send({ peerId: alice.toString(), text: 'who are you?' })
    await wire.alice.mailbox.outgoing.send({ ...toBob, inReplyTo: messageId })
    assert.deepEqual([wire.bob.texts, wire.bob.forwards], [['hello bob'], []])
  })

  it('that a crash cut off is uncertain, is told, and is not repeated', async () => {
    using wire = new MemoryWire([FEISHU])
    const { messageId } = await sendToInstance(wire)
    await wire.bob.mailbox.incoming.beginForward(messageId, FEISHU)
    await wire.bob.crash()
    await settled()
    const { state, deliveries } = await wire.alice.mailbox.outgoing.status(messageId)
    assert.deepEqual([state, deliveries?.[0]?.ok], ['uncertain', false])
    assert.match(wire.bob.logged.join('\n'), /ended forwarding of message .* feishu chat:oc_1: a restart came before the channel answered/)
    assert.equal(await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: [] }]), undefined)
  })

  it('that was due when the process ended is announced to whoever listens next', async () => {
    using wire = new MemoryWire([FEISHU])
    const { messageId } = await sendToInstance(wire)
    await wire.bob.crash()
    wire.bob.forwards.length = 0
    wire.bob.mailbox.incoming.announceDueForwards()
    assert.deepEqual(wire.bob.forwards, [{ messageId, target: FEISHU }])
  })

  it('lets an answer in the channel find the message', async () => {
    using wire = new MemoryWire([FEISHU])
    const { messageId } = await sendToInstance(wire)
    await forward(wire, messageId, [FEISHU, { kind: 'sent', platformIds: ['om_7', 'om_8'] }])
    for (const platformId of ['om_7', 'om_8']) {
      assert.deepEqual(wire.bob.mailbox.incoming.findForwarded('feishu', platformId).map(({ row, target }) => [row.id, target]), [[messageId, FEISHU]])
    }
    assert.deepEqual(wire.bob.mailbox.incoming.findForwarded('feishu', 'om_9'), [])
    assert.deepEqual(wire.bob.mailbox.incoming.findForwarded('slack', 'om_7'), [])
  })
})
