/** Real gateways killed in the middle of traffic: what a sender was told is true, and every message arrives exactly once. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Couple, connected } from '../support/openclaw/couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const PAGE = 200

describe('messages between gateways', { skip: Couple.whyNot() ?? false }, () => {
  let couple: Couple
  let bobId = ''
  let isSenderUp = true

  before(async () => {
    const plugin = { rateLimit: { approvedPerMinute: 100_000 }, turnBudget: { perPeerPerHour: 0, perHour: 0 }, deliveryAckTimeoutMs: 2_000 }
    couple = await Couple.start({ plugin })
    ;({ bobId } = await couple.befriend())
    await readAll(couple.bob)
  })

  after(async () => { await couple[Symbol.asyncDispose]() })

  test('1,000 in a row and 64 at a time, each once, over one connection', async () => {
    const inRow = numbered('row', 1_000)
    for (const text of inRow) assert.equal((await send(text))['state'], 'received')
    const atOnce = numbered('burst', 64)
    const results = await Promise.all(atOnce.map(send))
    assert.deepEqual([...new Set(results.map(result => result['state']))], ['received'])
    assert.deepEqual((await readAll(couple.bob)).sort(), [...inRow, ...atOnce].sort())
    await until(async () => {
      const { connections } = await couple.alice.tool('p2p_get_network_info') as { connections: JsonObject[] }
      return connections.length === 1
    }, { what: 'one connection to be left', timeoutMs: WAIT_MS })
  })

  test('the receiver is killed in the middle and comes back', async () => {
    const texts = numbered('receiver', 300)
    const told = await sendAll(texts, async () => couple.bob.kill())
    await couple.bob.start()
    await drained(couple.alice)
    assert.deepEqual((await readAll(couple.bob)).sort(), texts.sort())
    assert.deepEqual(told.filter(({ state }) => state !== 'received' && state !== 'queued'), [])
  })

  test('the sender is killed in the middle and comes back', async () => {
    const texts = numbered('sender', 300)
    isSenderUp = false
    const told = await sendAll(texts, async () => couple.alice.kill())
    await couple.alice.start()
    await connected(couple.alice, bobId)
    await drained(couple.alice)
    const arrived = await readAll(couple.bob)
    assert.equal(new Set(arrived).size, arrived.length, 'nothing arrives twice')
    const missing = told.filter(({ text, state }) => (state === 'received' || state === 'queued') && !arrived.includes(text))
    assert.deepEqual(missing, [])
    assert.deepEqual(arrived.filter(text => !texts.includes(text)), [])
  })

  async function send(text: string): Promise<JsonObject> {
    return couple.alice.tool('p2p_send_message', { to: bobId, message: text })
  }

  /** Sends 16 at a time and lets `disturb` happen after a third; a call that never got an answer has no state. */
  async function sendAll(texts: string[], disturb: () => Promise<void>): Promise<Array<{ text: string, state: string | undefined }>> {
    const left = texts.entries()
    const told: Array<{ text: string, state: string | undefined }> = []
    const worker = async (): Promise<void> => {
      for (const [index, text] of left) {
        if (index === Math.floor(texts.length / 3)) await disturb()
        told.push({ text, state: await stateOf(text) })
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    return told
  }

  async function stateOf(text: string): Promise<string | undefined> {
    try {
      const { state } = await send(text)
      return typeof state === 'string' ? state : undefined
    } catch (error) {
      assert.equal(isSenderUp, false, `a call failed although the gateway runs: ${String(error)}`)
      return undefined
    }
  }
})

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`)
}

/** Texts of all unread messages, which are read then. */
async function readAll(gateway: Gateway): Promise<string[]> {
  const texts: string[] = []
  for (;;) {
    const { messages } = await gateway.tool('p2p_inbox', { unreadOnly: true, limit: PAGE, markRead: true }) as { messages: Array<{ text?: string }> }
    texts.push(...messages.map(({ text }) => text ?? ''))
    if (messages.length === 0) return texts
  }
}

/** Waits until nothing waits in the outbox any more. */
async function drained(gateway: Gateway): Promise<void> {
  await until(async () => (await gateway.tool('p2p_status'))['queued'] === 0, { what: `the outbox of ${gateway.name} to be empty`, timeoutMs: WAIT_MS, intervalMs: 250 })
}
