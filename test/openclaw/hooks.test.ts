import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { registerHooks } from '../../src/openclaw/hooks.ts'
import { goLive, type FakeLiveMesh } from '../support/fake-host.ts'
import { FakeMesh, inboundMessage } from '../support/fake-mesh.ts'

type Handler = (event: object, context: object) => unknown

interface Stage extends Disposable {
  live: FakeLiveMesh
  /** Runs a hook as the host does. */
  run: (hook: string, event: object, context?: object) => Promise<unknown>
}

function stage(config: Record<string, unknown>): Stage {
  const live = goLive(new FakeMesh({ findForwarded: async () => [{ message: inboundMessage({ alias: 'bob' }), target: { channel: 'feishu', target: 'user:ou_1' } }] }))
  live.host.current = { plugins: { entries: { 'libp2p-mesh': { config } } } }
  const handlers = new Map<string, Handler>()
  const api = { on: (hook: string, handler: Handler) => { handlers.set(hook, handler) } } as unknown as OpenClawPluginApi // the hooks use this alone
  const unused = (): never => assert.fail('the sender is the test\'s own')
  registerHooks(api, {
    runtime: () => ({ config: { current: live.host.config }, channel: { outbound: { loadAdapter: unused }, text: { resolveTextChunkLimit: unused } } }),
    sendToChannel: live.host.sendToChannel
  })
  return {
    live,
    run: async (hook, event, context = place) => (handlers.get(hook) ?? assert.fail(`no ${hook}`))(event, context),
    [Symbol.dispose]: () => { live[Symbol.dispose]() }
  }
}

const config = { inboundChannel: 'feishu', inboundTarget: 'user:ou_1' }
const place = { channelId: 'feishu', accountId: 'default', conversationId: 'user:ou_1' }
const event = { messageId: 'om_9', content: 'fine', body: '[Replying to: "..."]\n\nfine', senderId: 'ou_1', replyToId: 'om_1' }

describe('the hooks', () => {
  it('send the text of the owner\'s answer, without what the host adds for agents', async () => {
    using play = stage(config)
    assert.deepEqual(await play.run('before_dispatch', event), { handled: true })
    assert.deepEqual(play.live.mesh.sent.map(({ text }) => text), ['fine'])
  })

  it('find the quoted message by its full ID too', async () => {
    using play = stage(config)
    assert.deepEqual(await play.run('before_dispatch', { ...event, replyToId: undefined, replyToIdFull: 'om_1' }), { handled: true })
  })

  it('know attachments from what the host tells before', async () => {
    using play = stage(config)
    await play.run('message_received', { messageId: 'om_9', media: [{ kind: 'image', path: '/x.png' }] }, { ...place, conversationId: 'feishu:user:ou_1' })
    await play.run('before_dispatch', event)
    assert.match(play.live.host.shown.items[0]?.text ?? '', /The attachment was not sent/)
  })

  it('take what somebody said for text, once the host has written it down', async () => {
    using play = stage(config)
    await play.run('message_received', { messageId: 'om_9', media: [{ kind: 'audio', transcribed: true }] })
    await play.run('before_dispatch', event)
    assert.deepEqual(play.live.host.shown.items.map(({ text }) => text), ['✓ bob has your answer.'])
  })

  it('do nothing to what is no answer', async () => {
    using play = stage(config)
    assert.equal(await play.run('before_dispatch', { content: 'hello' }, {}), undefined)
    assert.equal(await play.run('before_dispatch', { ...event, senderId: 'ou_2' }), undefined)
  })

  it('know no owner where nothing is forwarded, and where the configuration is refused', async () => {
    for (const refused of [{}, { inboundChannel: 'feishu' }, { lissten: [] }]) {
      using play = stage(refused)
      assert.equal(await play.run('before_dispatch', event), undefined)
    }
  })
})
