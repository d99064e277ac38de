import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decideCall, decideInbound, inboundRight, type InboundFacts } from '../../src/trust/policy.ts'

type Row = [InboundFacts['dmPolicy'], InboundFacts['status'], reply: boolean, expected: string]

const table: Row[] = [
  ['pairing', 'unknown', false, 'hold'],
  ['pairing', 'unknown', true, 'accept'],
  ['pairing', 'approved', false, 'accept'],
  ['pairing', 'approved', true, 'accept'],
  ['pairing', 'blocked', false, 'BLOCKED'],
  ['pairing', 'blocked', true, 'BLOCKED'],
  ['allowlist', 'unknown', false, 'NOT_APPROVED'],
  ['allowlist', 'unknown', true, 'accept'],
  ['allowlist', 'approved', false, 'accept'],
  ['allowlist', 'approved', true, 'accept'],
  ['allowlist', 'blocked', false, 'BLOCKED'],
  ['allowlist', 'blocked', true, 'BLOCKED'],
  ['open', 'unknown', false, 'accept'],
  ['open', 'unknown', true, 'accept'],
  ['open', 'approved', false, 'accept'],
  ['open', 'approved', true, 'accept'],
  ['open', 'blocked', false, 'BLOCKED'],
  ['open', 'blocked', true, 'BLOCKED'],
  ['disabled', 'unknown', false, 'NOT_ALLOWED'],
  ['disabled', 'unknown', true, 'NOT_ALLOWED'],
  ['disabled', 'approved', false, 'NOT_ALLOWED'],
  ['disabled', 'approved', true, 'NOT_ALLOWED'],
  ['disabled', 'blocked', false, 'BLOCKED'],
  ['disabled', 'blocked', true, 'BLOCKED']
]

describe('decideInbound', () => {
  for (const [dmPolicy, status, isAwaitedReply, expected] of table) {
    it(`${dmPolicy}: ${isAwaitedReply ? 'an awaited reply' : 'a message'} of ${status === 'unknown' ? 'a stranger' : `a peer that is ${status}`} -> ${expected}`, () => {
      const decision = decideInbound({ dmPolicy, status, isAwaitedReply })
      assert.equal(decision.action === 'refuse' ? decision.code : decision.action, expected)
    })
  }

  it('says why it refuses', () => {
    const refused = decideInbound({ dmPolicy: 'allowlist', status: 'unknown', isAwaitedReply: false })
    assert.ok(refused.action === 'refuse')
    assert.match(refused.text, /approved peers only/)
  })
})

describe('decideCall', () => {
  const calls: Array<[InboundFacts['dmPolicy'], InboundFacts['status'], expected: string]> = [
    ['pairing', 'unknown', 'NOT_APPROVED'], ['pairing', 'approved', 'accept'], ['pairing', 'blocked', 'BLOCKED'],
    ['allowlist', 'unknown', 'NOT_APPROVED'], ['allowlist', 'approved', 'accept'], ['allowlist', 'blocked', 'BLOCKED'],
    ['open', 'unknown', 'NOT_APPROVED'], ['open', 'approved', 'accept'], ['open', 'blocked', 'BLOCKED'],
    ['disabled', 'unknown', 'NOT_ALLOWED'], ['disabled', 'approved', 'NOT_ALLOWED'], ['disabled', 'blocked', 'BLOCKED']
  ]
  for (const [dmPolicy, status, expected] of calls) {
    it(`${dmPolicy}: a call of ${status === 'unknown' ? 'a stranger' : `a peer that is ${status}`} -> ${expected}`, () => {
      const decision = decideCall(dmPolicy, status)
      assert.equal(decision.action === 'refuse' ? decision.code : decision.action, expected)
    })
  }
})

describe('inboundRight', () => {
  it('says in a word what becomes of a message that answers nothing', () => {
    const words = { accept: 'yes', hold: 'held' } as const
    for (const [dmPolicy, status, isReply, expected] of table) {
      if (!isReply) assert.equal(inboundRight(dmPolicy, status), expected === 'accept' || expected === 'hold' ? words[expected] : 'no', `${dmPolicy} ${status}`)
    }
  })
})
