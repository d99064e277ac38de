import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../../src/lib/errors.ts'
import type { InboxMessage } from '../../../src/mesh-api.ts'
import { inbox, messageStatus, plainMessageId, send, watch } from '../../../src/openclaw/operations/messages.ts'
import { FakeMesh, PEER } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

const stranger: InboxMessage = {
  messageId: 'm1', kind: 'direct', from: PEER, instanceId: 'free-money@604ad9d9c103ea46', approved: false, text: 'buy\u001b[2J\nnow', at: 0, state: 'held', unread: true
}

describe('send', () => {
  it('hands on recipient, text, port, wait and the hops of the calling turn', async () => {
    const mesh = new FakeMesh()
    const { details, text } = await asAgent(send, { peerId: PEER, message: 'hi', waitForReplyMs: 5, port: 4001 }, { mesh, hops: 2 })
    assert.deepEqual(mesh.sent, [{ to: PEER, text: 'hi', hops: 2, author: 'agent', waitForReplyMs: 5, port: 4001 }])
    assert.deepEqual(details, { ok: true, messageId: 'out-1', peerId: PEER, state: 'received' })
    assert.match(text, /received: the peer stored it/)
  })

  it('lets the owner answer a message, and nobody else pass for that', async () => {
    const mesh = new FakeMesh()
    await asOwner(send, { to: PEER, message: 'hi', inReplyTo: 'm1' }, { mesh })
    await asAgent(send, { to: PEER, message: 'hi', inReplyTo: 'm1' }, { mesh })
    assert.deepEqual(mesh.sent.map(({ inReplyTo }) => inReplyTo), ['m1', undefined])
  })

  it('refuses bad parameters by name', async () => {
    const { details } = await asAgent(send, { to: PEER, message: 'hi', port: 70_000 })
    assert.match(details.ok ? '' : details.error.message, /send\.port: 70000 .* <= 65535/)
  })

  it('returns a failure with everything that the mesh knows about it', async () => {
    const mesh = new FakeMesh({
      sendMessage: async () => {
        throw new MeshError('RATE_LIMITED', 'too many', { retryAfterMs: 1500, reason: 'peer', messageId: 'm9', state: 'queued', queued: true })
      }
    })
    const { details, text } = await asAgent(send, { to: PEER, message: 'hi' }, { mesh })
    assert.deepEqual(details, {
      ok: false, error: { code: 'RATE_LIMITED', message: 'too many', retryAfterMs: 1500, cause: 'peer' }, messageId: 'm9', state: 'queued', queued: true
    })
    assert.match(text, /m9 stays queued and goes out by itself in 2 s: do not send it again/)
  })

  it('quotes a reply line by line and escapes what moves the cursor', async () => {
    const mesh = new FakeMesh({ sendMessage: async () => ({ messageId: 'm', peerId: PEER, state: 'replied', reply: 'one\n\u001b[2Jtwo' }) })
    const { text } = await asAgent(send, { to: PEER, message: 'hi' }, { mesh })
    assert.match(text, /untrusted[^]*\n> one\n> \\u\{1b\}\[2Jtwo$/)
  })
})

describe('inbox', () => {
  it('shows the owner a stranger\'s text, and an agent neither text nor self-given name', async () => {
    const mesh = new FakeMesh({ inbox: async () => ({ messages: [stranger], unread: 1 }) })
    const owner = await asOwner(inbox, {}, { mesh })
    assert.deepEqual(owner.details, { ok: true, messages: [stranger], unread: 1 })
    assert.match(owner.text, /not approved[^]*> buy\\u\{1b\}\[2J\n> now/)
    assert.doesNotMatch(JSON.stringify(await asAgent(inbox, {}, { mesh })), /buy|now"|free-money/)
  })

  it('shows an agent the reply of a peer that is not approved, without the name that it gave itself', async () => {
    const reply: InboxMessage = { ...stranger, kind: 'reply', state: 'received', inReplyTo: 'out-1' }
    const { details } = await asAgent(inbox, {}, { mesh: new FakeMesh({ inbox: async () => ({ messages: [reply], unread: 1 }) }) })
    const { instanceId: _instanceId, ...facts } = reply
    assert.deepEqual(details.ok && details['messages'], [facts])
  })

  it('asks the mesh for what the audience may see', async () => {
    const queries: unknown[] = []
    const mesh = new FakeMesh({
      inbox: async (query) => {
        queries.push(query)
        return { messages: [], unread: 0 }
      }
    })
    await asAgent(inbox, { unreadOnly: true, limit: 5, markRead: true }, { mesh })
    await asOwner(inbox, {}, { mesh })
    assert.deepEqual(queries, [{ audience: 'agent', unreadOnly: true, limit: 5, markRead: true }, { audience: 'owner' }])
  })
})

describe('message status', () => {
  it('tells what each channel said and the error, escaped', async () => {
    const mesh = new FakeMesh({
      messageStatus: async messageId => ({
        messageId, peerId: PEER, state: 'received', history: [],
        error: { code: 'NOT_FORWARDED', message: '1 of 2' },
        deliveries: [{ channel: 'feishu', target: 'user:ou_1', ok: true }, { channel: 'slack', target: '#mesh', ok: false, error: 'no\u001b[2J' }]
      })
    })
    const { details, text } = await asAgent(messageStatus, { messageId: 'm1' }, { mesh })
    assert.equal(details.ok && (details['deliveries'] as unknown[]).length, 2)
    assert.match(text, /NOT_FORWARDED: 1 of 2\n {2}feishu user:ou_1: shown\n {2}slack #mesh: not confirmed: no\\u\{1b\}\[2J$/)
  })

  it('takes an ID as `openclaw message send` shows it', async () => {
    const { details, text } = await asAgent(messageStatus, { messageId: 'm1 (queued)' })
    assert.equal(details.ok && details['messageId'], 'm1')
    assert.match(text, /queued\n.*received/)
    assert.equal(plainMessageId(' m1 '), 'm1')
  })
})

describe('watch', () => {
  it('is the owner\'s alone, and hands the request on', async () => {
    assert.equal(watch.tool, undefined)
    const { details } = await asOwner(watch, { peer: 'bob', after: 3, timeoutMs: 0 }, { mesh: new FakeMesh({ watch: async request => ({ events: [], cursor: request.after ?? 0 }) }) })
    assert.deepEqual(details, { ok: true, events: [], cursor: 3 })
  })
})
