import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMessageReceiptFromOutboundResults, type DurableMessageBatchSendResult } from 'openclaw/plugin-sdk/channel-outbound'
import { PlatformMessageNotDispatchedError } from 'openclaw/plugin-sdk/error-runtime'
import type { ForwardOutcome } from '../../src/mesh-api.ts'
import { outcomeOf, outcomeOfError } from '../../src/openclaw/send-outcome.ts'

const results = (...ids: string[]) => ids.map(messageId => ({ channel: 'feishu', messageId }))
const receipt = (...ids: string[]) => createMessageReceiptFromOutboundResults({ results: results(...ids) })

/** An error as Feishu's plugin and the host wrap it: what happened is the cause of the cause. */
function wrapped(facts: object, message = 'Request failed'): Error {
  return new Error('delivery failed', { cause: new Error('Feishu send failed', { cause: Object.assign(new Error(message), facts) }) })
}

/** As axios reports an error of the socket: with its code, but without its system call. */
function socketError(code: string, syscall: string): Error {
  return wrapped({ code, cause: Object.assign(new Error(`${syscall} ${code}`), { code, syscall }) })
}

const http = (status: number, more: object = {}): Error => wrapped({ response: { status, ...more } }, `Request failed with status code ${status}`)

describe('outcomeOf', () => {
  const outcomes: Array<[string, DurableMessageBatchSendResult, ForwardOutcome]> = [
    ['sent, with every ID', { status: 'sent', results: results('om_2'), receipt: receipt('om_1', 'om_2') }, { kind: 'sent', platformIds: ['om_1', 'om_2'] }],
    ['held back by the host', { status: 'suppressed', results: [], receipt: receipt(), reason: 'cancelled_by_message_sending_hook' },
      { kind: 'failed', error: 'OpenClaw held the message back: cancelled_by_message_sending_hook' }],
    ['taken without an ID', { status: 'suppressed', results: [], receipt: receipt(), reason: 'adapter_returned_no_identity' },
      { kind: 'uncertain', error: 'the channel did not confirm the message' }],
    ['shown in part', { status: 'partial_failed', results: results('om_1'), receipt: receipt('om_1'), error: new Error('too fast'), sentBeforeError: true },
      { kind: 'uncertain', error: 'only a part was shown: too fast' }],
    ['failed', { status: 'failed', error: new Error('chat not found') }, { kind: 'failed', error: 'chat not found' }]
  ]
  for (const [name, result, expected] of outcomes) {
    it(name, () => { assert.deepEqual(outcomeOf(result), expected) })
  }
})

describe('outcomeOfError', () => {
  const kinds: Array<[string, ForwardOutcome['kind'], unknown]> = [
    ['a refused connection', 'retry', socketError('ECONNREFUSED', 'connect')],
    ['an unknown host name', 'retry', socketError('ENOTFOUND', 'getaddrinfo')],
    ['a connection that took too long', 'retry', socketError('ETIMEDOUT', 'connect')],
    ['no route when connecting', 'retry', socketError('EHOSTUNREACH', 'connect')],
    ['a refused connection of each address', 'retry', Object.assign(new AggregateError([socketError('ECONNREFUSED', 'connect')], 'all refused'), { code: 'ECONNREFUSED' })],
    ['a reset connection', 'uncertain', socketError('ECONNRESET', 'read')],
    ['a broken pipe', 'uncertain', socketError('EPIPE', 'write')],
    ['a reset after a refusal', 'uncertain', new AggregateError([socketError('ECONNREFUSED', 'connect'), socketError('ECONNRESET', 'read')])],
    ['an answer that did not come', 'uncertain', wrapped({ code: 'ECONNABORTED' }, 'timeout of 30000ms exceeded')],
    ['a time limit of fetch', 'uncertain', AbortSignal.timeout(0).reason ?? new DOMException('The operation timed out', 'TimeoutError')],
    ['a fetch that failed for no stated reason', 'uncertain', new TypeError('fetch failed')],
    ['too many requests', 'retry', http(429)],
    ['too many requests, in Feishu\'s words', 'retry', http(400, { data: { code: 99991400, msg: 'request trigger frequency limit' } })],
    ['too many messages in a chat of Feishu', 'retry', wrapped({ response: { status: 200, data: { code: 230020 } } })],
    ['too many requests to Telegram', 'retry', wrapped({ error_code: 429 }, 'Too Many Requests: retry after 5')],
    ['an overloaded platform', 'retry', http(503)],
    ['a failing platform', 'uncertain', http(500)],
    ['a gateway that gave up', 'uncertain', http(504)],
    ['a refusal', 'failed', http(400, { data: { code: 230002, msg: 'Bot can NOT be out of the chat' } })],
    ['a refusal without a status', 'failed', new Error('Feishu send failed: no such chat')],
    ['a refusal that names its code only', 'failed', wrapped({ code: 'invalid_auth' })],
    ['what the host knows was not sent', 'retry', new PlatformMessageNotDispatchedError('not connected yet', { cause: undefined })],
    ['what the channel refused before sending', 'failed', new PlatformMessageNotDispatchedError('too long', { cause: undefined, retryable: false })],
    ['a channel that the host does not have', 'failed', new PlatformMessageNotDispatchedError('Outbound not configured for channel: fax', { cause: undefined })],
    ['an error after a part was shown', 'uncertain', Object.assign(http(429), { visibleReplySent: true })],
    ['no error at all', 'failed', undefined]
  ]
  for (const [name, kind, error] of kinds) {
    it(`${name} is ${kind}`, () => { assert.equal(outcomeOfError(error).kind, kind) })
  }

  const waits: Array<[string, unknown, number | undefined]> = [
    ['seconds of a header', http(429, { headers: { 'retry-after': '7' } }), 7_000],
    ['seconds of Feishu\'s header', http(429, { headers: { 'x-ogw-ratelimit-reset': '3' } }), 3_000],
    ['Telegram\'s seconds', wrapped({ error_code: 429, parameters: { retry_after: 5 } }), 5_000],
    ['Slack\'s and Discord\'s seconds', wrapped({ retryAfter: 1.5 }, 'rate limited'), 1_500],
    ['milliseconds', wrapped({ status: 429, retryAfterMs: 250 }), 250],
    ['nothing usable', http(429, { headers: { 'retry-after': 'Wed, 21 Oct 2099 07:28:00 GMT' } }), undefined],
    ['an absurd time', wrapped({ status: 429, retryAfter: 1e12 }), undefined]
  ]
  for (const [name, error, expected] of waits) {
    it(`takes ${name} for the wait`, () => {
      const outcome = outcomeOfError(error)
      assert.deepEqual([outcome.kind, 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined], ['retry', expected])
    })
  }

  it('tells the platform\'s own words instead of a diagnosis around them, or else what happened to the connection', () => {
    const diagnosis = (cause: object, message: string): Error =>
      new Error('Feishu send failed: {"message":"Request failed","method":"post"}', { cause: Object.assign(new Error(message), cause) })
    const texts = [
      diagnosis({ response: { status: 400, data: { code: 230_002, msg: 'Bot can NOT be out of the chat.' } } }, 'Request failed with status code 400'),
      diagnosis({ code: 'ECONNREFUSED' }, 'connect ECONNREFUSED')
    ].map(error => outcomeOfError(error)).map(outcome => 'error' in outcome ? outcome.error : '')
    assert.deepEqual(texts, ['Feishu send failed: Bot can NOT be out of the chat. (code 230002)', 'Feishu send failed: connect ECONNREFUSED'])
  })

  it('tells no addresses', () => {
    const outcome = outcomeOfError(new Error('post {"url":"https://10.0.0.1/hook?a=b","code":1} failed'))
    assert.deepEqual(outcome, { kind: 'failed', error: 'post {"url":"(address)","code":1} failed' })
  })
})
