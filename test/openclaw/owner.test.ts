import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOwner, isSameChat, type ChatSender } from '../../src/openclaw/owner.ts'

const sender = (over: Partial<ChatSender> = {}): ChatSender => ({ channel: 'feishu', accountId: 'default', senderId: 'ou_1', conversationId: 'user:ou_1', ...over })

describe('isOwner', () => {
  const targets = [{ channel: 'feishu', target: 'user:ou_1' }, { channel: 'feishu', target: 'chat:oc_1' }, { channel: 'slack', target: 'user:U1' }]

  it('is whom a target of the channel addresses, wherever he writes', () => {
    assert.equal(isOwner(sender(), targets, {}), true)
    assert.equal(isOwner(sender({ conversationId: 'chat:oc_1' }), targets, {}), true)
  })

  it('is nobody else, neither a member of the group nor the owner of another channel', () => {
    for (const senderId of ['ou_2', 'oc_1', 'U1', 'OU_1', 'ou_11', '', 'user:ou_1']) assert.equal(isOwner(sender({ senderId }), targets, {}), false, senderId)
  })

  it('is no group that speaks for itself', () => {
    for (const target of ['-100', 'telegram:-100', 'telegram:group:-100']) {
      assert.equal(isOwner(sender({ channel: 'telegram', senderId: '-100', conversationId: '-100' }), [{ channel: 'telegram', target }], {}), false, target)
    }
    assert.equal(isOwner(sender({ channel: 'telegram', senderId: '100', conversationId: '100' }), [{ channel: 'telegram', target: 'telegram:100' }], {}), true)
  })

  it('is whom the host lists, with the channel or for any channel, and no wildcard', () => {
    const config = (...ownerAllowFrom: Array<string | number>) => ({ commands: { ownerAllowFrom } })
    assert.equal(isOwner(sender({ senderId: 'ou_9' }), [], config('feishu:ou_9')), true)
    assert.equal(isOwner(sender({ senderId: 'ou_9' }), [], config(' Feishu:ou_9 ')), true)
    assert.equal(isOwner(sender({ senderId: '42', channel: 'telegram' }), [], config(42)), true)
    assert.equal(isOwner(sender({ senderId: 'ou_9' }), [], config('telegram:ou_9', '*', 'feishu:*', 'feishu:', '')), false)
    assert.equal(isOwner(sender({ senderId: '' }), [], config('feishu:', '')), false)
  })
})

describe('isSameChat', () => {
  it('knows a chat in every way that it is written', () => {
    assert.equal(isSameChat({ channel: 'feishu', target: 'ou_1' }, sender()), true)
    assert.equal(isSameChat({ channel: 'telegram', target: 'telegram:-100' }, sender({ channel: 'telegram', conversationId: '-100' })), true)
    assert.equal(isSameChat({ channel: 'matrix', target: 'room:!a:example.org' }, sender({ channel: 'matrix', conversationId: '!a:example.org' })), true)
  })

  it('is no other chat, channel or account', () => {
    const target = { channel: 'telegram', target: '42', accountId: 'work' }
    const there = sender({ channel: 'telegram', accountId: 'work', senderId: '42', conversationId: '42' })
    assert.equal(isSameChat(target, there), true)
    for (const other of [{ conversationId: '-100' }, { channel: 'signal' }, { accountId: 'home' }]) assert.equal(isSameChat(target, { ...there, ...other }), false)
  })
})
