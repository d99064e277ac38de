import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../src/lib/errors.ts'
import type { DeliveryTarget, MeshApi } from '../../src/mesh-api.ts'
import { forwardText } from '../../src/openclaw/forward-text.ts'
import { OwnerAnswers, type ChatMessage } from '../../src/openclaw/owner-answers.ts'
import { FakeHost, goLive, type FakeLiveMesh } from '../support/fake-host.ts'
import { FakeMesh, inboundMessage, PEER } from '../support/fake-mesh.ts'
import { settled } from '../support/turns.ts'

const OWNER: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }
const GROUP: DeliveryTarget = { channel: 'feishu', target: 'chat:oc_1' }
const BOB = inboundMessage({ messageId: 'm1', alias: 'bob' })
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What the owner writes in his chat, quoting the message that is shown as `om_1`. */
const quoting = (over: Partial<ChatMessage> = {}): ChatMessage => ({
  channel: 'feishu', accountId: 'default', senderId: 'ou_1', conversationId: 'user:ou_1',
  messageId: 'om_9', text: 'fine, tomorrow', quotedIds: ['om_1'], quotedText: undefined, ...over
})

interface Stage extends Disposable {
  live: FakeLiveMesh
  host: FakeHost
  answers: OwnerAnswers
  /** What the owner was told. */
  told: () => string[]
}

function stage(over: Partial<MeshApi> = {}, targets = [OWNER, GROUP]): Stage {
  const shown = new Map([['om_1', OWNER], ['om_2', GROUP]])
  const live = goLive(new FakeMesh({
    findForwarded: async (channel, platformId) => {
      const target = shown.get(platformId)
      return channel === 'feishu' && target !== undefined ? [{ message: BOB, target }] : []
    },
    ...over
  }))
  const { host } = live
  const told = (): string[] => host.shown.items.map(({ text }) => text)
  return { live, host, answers: answersFor(host, targets), told, [Symbol.dispose]: () => { live[Symbol.dispose]() } }
}

function answersFor(host: FakeHost, targets: DeliveryTarget[]): OwnerAnswers {
  return new OwnerAnswers({ config: host.config, targets: () => targets, sendToChannel: host.sendToChannel })
}

describe('OwnerAnswers: the owner who quotes a forwarded message', () => {
  it('answers the peer, and is told how far that got where he wrote', async () => {
    using play = stage()
    assert.deepEqual(await play.answers.handle(quoting({ text: ' fine, tomorrow\n' })), { handled: true })
    const [{ messageId, ...sent } = assert.fail('nothing was sent')] = play.live.mesh.sent
    assert.deepEqual(sent, { to: PEER, text: 'fine, tomorrow', inReplyTo: 'm1', hops: 0 })
    assert.match(messageId ?? '', UUID)
    assert.deepEqual(play.host.shown.items, [{ target: { ...OWNER, accountId: 'default' }, text: '✓ bob has your answer.', replyToId: 'om_9' }])
  })

  it('may do so in a group that messages are forwarded to', async () => {
    using play = stage()
    assert.deepEqual(await play.answers.handle(quoting({ conversationId: 'chat:oc_1', quotedIds: ['om_2'] })), { handled: true })
    assert.deepEqual([play.live.mesh.sent.length, play.host.shown.items[0]?.target.target], [1, 'chat:oc_1'])
  })

  it('may be whom the host names as its owner', async () => {
    using play = stage()
    play.host.current = { commands: { ownerAllowFrom: ['feishu:ou_5'] } }
    assert.deepEqual(await play.answers.handle(quoting({ senderId: 'ou_5', conversationId: 'chat:oc_1', quotedIds: ['om_2'] })), { handled: true })
    assert.equal(play.live.mesh.sent.length, 1)
  })

  const states: Array<[Awaited<ReturnType<MeshApi['sendMessage']>>['state'], RegExp]> = [
    ['delivered', /^✓ bob has your answer\.$/],
    ['held', /^bob has your answer and holds it until its owner approves/],
    ['queued', /^bob cannot be reached now \(refused\); your answer waits/]
  ]
  for (const [state, expected] of states) {
    it(`is told the truth when it is ${state}`, async () => {
      using play = stage({ sendMessage: async () => ({ messageId: 'x', peerId: PEER, state, ...state === 'queued' && { cause: 'refused' } }) })
      await play.answers.handle(quoting())
      assert.match(play.told()[0] ?? '', expected)
    })
  }

  it('is told why an answer was not sent, in words that no channel acts on', async () => {
    using play = stage({ sendMessage: async () => { throw new MeshError('BLOCKED', 'the recipient refused: <at user_id="all"> \n@all') } })
    assert.deepEqual(await play.answers.handle(quoting()), { handled: true })
    assert.deepEqual(play.told(), ['Your answer was not sent to bob: the recipient refused: ＜at user_id="all"> \\n＠all'])
  })

  it('is told that a refused answer waits where it does', async () => {
    using play = stage({ sendMessage: async () => { throw new MeshError('RATE_LIMITED', 'too many messages', { queued: true }) } })
    await play.answers.handle(quoting())
    assert.match(play.told()[0] ?? '', /^Your answer to bob waits and is sent by itself: too many messages$/)
  })

  it('is told through the host where the channel does not show it, and twice never', async () => {
    using play = stage()
    play.host.channelAnswer = async () => ({ kind: 'retry', error: 'later' })
    assert.deepEqual(await play.answers.handle(quoting()), { handled: true, text: '✓ bob has your answer.' })
    play.host.channelAnswer = async () => ({ kind: 'uncertain', error: 'no answer' })
    assert.deepEqual(await play.answers.handle(quoting({ messageId: 'om_10' })), { handled: true })
  })
})

describe('OwnerAnswers: what is no answer', () => {
  const others: Array<[string, Partial<ChatMessage>]> = [
    ['what quotes nothing', { quotedIds: [] }],
    ['what quotes something else', { quotedIds: ['om_7'] }],
    ['what somebody else writes', { senderId: 'ou_2' }],
    ['what a member of the group writes', { senderId: 'ou_2', conversationId: 'chat:oc_1', quotedIds: ['om_2'] }],
    ['what nobody is known to have written', { senderId: '' }],
    ['a quote of another chat\'s message with the same ID', { conversationId: 'chat:oc_9' }],
    ['a quote in another channel', { channel: 'slack' }]
  ]
  for (const [name, over] of others) {
    it(`goes on as usual, and nothing to the peer: ${name}`, async () => {
      using play = stage()
      assert.equal(await play.answers.handle(quoting(over)), undefined)
      assert.deepEqual([play.live.mesh.sent, play.told()], [[], []])
    })
  }
})

describe('OwnerAnswers: an event that comes twice', () => {
  it('sends and tells once, also while the first is on its way', async () => {
    using play = stage()
    const results = await Promise.all([play.answers.handle(quoting()), play.answers.handle(quoting())])
    results.push(await play.answers.handle(quoting({ conversationId: 'feishu:user:ou_1' })))
    assert.deepEqual(results, [{ handled: true }, { handled: true }, { handled: true }])
    assert.deepEqual([play.live.mesh.sent.length, play.told().length], [1, 1])
  })

  it('has the same message ID after a restart, and each message its own', async () => {
    using play = stage()
    const ids: Array<string | undefined> = []
    for (const over of [{}, { messageId: 'om_10' }, { accountId: 'work' }]) {
      await play.answers.handle(quoting(over))
      await answersFor(play.host, [OWNER]).handle(quoting(over))
      ids.push(...play.live.mesh.sent.splice(0).map(({ messageId }) => messageId))
    }
    assert.deepEqual([ids.length, new Set(ids).size, ids[0] === ids[1]], [6, 3, true])
  })
})

describe('OwnerAnswers: attachments', () => {
  it('alone are not sent, and the owner is told', async () => {
    using play = stage()
    play.answers.noteAttachments(quoting())
    assert.deepEqual(await play.answers.handle(quoting({ text: '<media:image>' })), { handled: true })
    assert.deepEqual([play.live.mesh.sent, play.told()], [[], ['Nothing was sent to bob: attachments are not carried, only text.']])
  })

  it('beside a text are left out, and the owner is told', async () => {
    using play = stage()
    play.answers.noteAttachments(quoting())
    await play.answers.handle(quoting({ text: '<media:image> look at this' }))
    assert.equal(play.live.mesh.sent[0]?.text, 'look at this')
    assert.match(play.told()[0] ?? '', /The attachment was not sent/)
  })

  it('of one message are not those of another', async () => {
    using play = stage()
    play.answers.noteAttachments(quoting({ messageId: 'om_8' }))
    await play.answers.handle(quoting({ text: '[sic]' }))
    assert.equal(play.live.mesh.sent[0]?.text, '[sic]')
  })

  it('are not blamed for an empty answer without any', async () => {
    using play = stage()
    await play.answers.handle(quoting({ text: ' \n' }))
    assert.deepEqual(play.told(), ['Nothing was sent to bob: your answer has no text.'])
  })
})

describe('OwnerAnswers: without a running mesh', () => {
  const quotedText = forwardText(BOB, 4000)

  it('waits for one that restarts when the quoted text is a peer\'s', async () => {
    const host = new FakeHost()
    const handling = answersFor(host, [OWNER]).handle(quoting({ quotedText }))
    await settled()
    using play = stage()
    assert.deepEqual(await handling, { handled: true })
    assert.equal(play.live.mesh.sent.length, 1)
  })

  it('leaves alone what it cannot know to be an answer', async () => {
    const host = new FakeHost()
    assert.equal(await answersFor(host, [OWNER]).handle(quoting()), undefined)
    using play = stage({ findForwarded: async () => { throw new MeshError('NOT_RUNNING', 'stopping') } })
    assert.equal(await play.answers.handle(quoting()), undefined)
  })

  it('says so to the owner where the quoted text is a peer\'s, and no agent gets the answer', async () => {
    using play = stage({ findForwarded: async () => { throw new MeshError('NOT_RUNNING', 'the node is not running') } })
    assert.deepEqual(await play.answers.handle(quoting({ quotedText })), { handled: true })
    assert.deepEqual(play.told(), ['Your answer was not sent: the node is not running'])
  })
})
