import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMessageReceiptFromOutboundResults, type sendDurableMessageBatch } from 'openclaw/plugin-sdk/channel-outbound'
import type { DeliveryTarget } from '../../src/mesh-api.ts'
import { createChannelSender, type SenderRuntime } from '../../src/openclaw/channel-sender.ts'

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }
const CONFIG = { channels: { feishu: { enabled: true } } }

type Send = typeof sendDurableMessageBatch

interface Stage {
  sender: ReturnType<typeof createChannelSender>
  sent: Array<Parameters<Send>[0]>
}

function stage(answer: Send = async () => sentAs('om_1')): Stage {
  const sent: Stage['sent'] = []
  const runtime: SenderRuntime = {
    config: { current: () => CONFIG },
    channel: {
      outbound: { loadAdapter: async channel => channel === 'feishu' ? { deliveryMode: 'direct', textChunkLimit: 2000 } : undefined },
      text: { resolveTextChunkLimit: (...[, , accountId, options]) => accountId === 'small' ? 500 : options?.fallbackLimit ?? 4000 }
    }
  }
  const sender = createChannelSender(() => runtime, async (params) => {
    sent.push(params)
    return answer(params)
  })
  return { sender, sent }
}

function sentAs(messageId: string): Awaited<ReturnType<Send>> {
  const results = [{ channel: 'feishu', messageId }]
  return { status: 'sent', results, receipt: createMessageReceiptFromOutboundResults({ results }) }
}

describe('createChannelSender', () => {
  it('sends once, past the queue from which the host would send again', async () => {
    const { sender, sent } = stage()
    assert.deepEqual(await sender(FEISHU, () => 'hello'), { kind: 'sent', platformIds: ['om_1'] })
    assert.deepEqual(sent, [{ cfg: CONFIG, channel: 'feishu', to: 'user:ou_1', payloads: [{ text: 'hello' }], durability: 'best_effort', skipQueue: true }])
  })

  it('uses the account and answers the message that it is told', async () => {
    const { sender, sent } = stage()
    await sender({ ...FEISHU, accountId: 'work' }, () => 'hello', { replyToId: 'om_0' })
    assert.deepEqual([sent[0]?.accountId, sent[0]?.replyToId], ['work', 'om_0'])
  })

  it('says how much the channel shows as one message: what the owner set, else what the channel says, else the host\'s usual', async () => {
    const { sender, sent } = stage()
    const write = (maxCharacters: number): string => String(maxCharacters)
    for (const target of [{ ...FEISHU, accountId: 'small' }, FEISHU, { channel: 'other', target: 'x' }]) await sender(target, write)
    assert.deepEqual(sent.map(({ payloads }) => payloads[0]?.text), ['500', '2000', '4000'])
  })

  it('does not reject when the host does', async () => {
    const { sender } = stage(async () => { throw new Error('no such account') })
    assert.deepEqual(await sender(FEISHU, () => 'hello'), { kind: 'failed', error: 'no such account' })
  })
})
