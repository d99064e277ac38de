import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PlatformMessageNotDispatchedError } from 'openclaw/plugin-sdk/error-runtime'
import { MeshError } from '../../src/lib/errors.ts'
import type { MeshApi, SendFileRequest } from '../../src/mesh-api.ts'
import { meshOutbound } from '../../src/openclaw/outbound.ts'
import { goLive } from '../support/fake-host.ts'
import { FakeMesh, PEER, TRANSFER } from '../support/fake-mesh.ts'

const sendText = async (to: string): Promise<unknown> => meshOutbound.sendText?.({ cfg: {}, to, text: 'hi' })

const MEDIA = { cfg: {}, to: 'bob', text: 'see', mediaLocalRoots: ['/workspace'] }

describe('openclaw message send --media', () => {
  it('sends the file with its caption, from where the host allows', async () => {
    const asked: SendFileRequest[] = []
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh({
      sendFile: async (request) => {
        asked.push(request)
        return { ...TRANSFER, direction: 'out', state: 'moving' }
      }
    })))
    const result = await meshOutbound.sendMedia?.({ ...MEDIA, mediaUrl: 'file:///workspace/plan.pdf' })
    assert.equal(result?.messageId, `${TRANSFER.transferId} (moving)`)
    assert.deepEqual(asked, [{ to: 'bob', path: '/workspace/plan.pdf', roots: ['/workspace'], text: 'see', author: 'agent', hops: 0, waitMs: 15_000 }])
    await meshOutbound.sendMedia?.({ ...MEDIA, mediaUrl: 'plan.pdf', mediaAccess: { workspaceDir: '/workspace', localRoots: ['/workspace'] } })
    assert.equal(asked[1]?.path, '/workspace/plan.pdf')
  })

  it('fails for what is no file of this machine, and for a file that was refused', async () => {
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh({ sendFile: async () => { throw new MeshError('NOT_ALLOWED', 'outside') } })))
    for (const mediaUrl of ['https://example.org/x.png', 'data:text/plain,x', 'x.png', '/workspace/x.png']) {
      await assert.rejects(async () => meshOutbound.sendMedia?.({ ...MEDIA, mediaUrl }), PlatformMessageNotDispatchedError)
    }
  })
})

describe('openclaw message send', () => {
  for (const state of ['received', 'held', 'queued'] as const) {
    it(`says that the message is ${state}`, async () => {
      using stack = new DisposableStack()
      stack.use(goLive(new FakeMesh({ sendMessage: async () => ({ messageId: 'm1', peerId: PEER, state }) })))
      const result = await sendText('bob') as Record<string, unknown>
      assert.equal(result['messageId'], `m1 (${state})`)
      assert.deepEqual(result['meta'], { messageId: 'm1', state })
    })
  }

  it('counts a message that the mesh keeps as queued', async () => {
    const sendMessage: MeshApi['sendMessage'] = async () => { throw new MeshError('RATE_LIMITED', 'later', { messageId: 'm1', queued: true }) }
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh({ sendMessage })))
    assert.equal(Reflect.get(await sendText('bob') as object, 'messageId'), 'm1 (queued)')
  })

  it('fails, named and for good, when nothing was sent', async () => {
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh({ sendMessage: async () => { throw new MeshError('UNKNOWN_RECIPIENT', 'nobody is called "bob"') } })))
    await assert.rejects(sendText('bob'), (error) => {
      assert.ok(error instanceof PlatformMessageNotDispatchedError)
      assert.equal(error.retryable, false)
      assert.match(error.message, /UNKNOWN_RECIPIENT: nobody is called "bob"/)
      return true
    })
  })

  it('fails where no node runs', async () => {
    await assert.rejects(sendText(PEER), PlatformMessageNotDispatchedError)
  })

  it('refuses a malformed target by name, and takes every form that the gateway can look up', () => {
    const resolve = (to: string): ReturnType<NonNullable<typeof meshOutbound.resolveTarget>> | undefined => meshOutbound.resolveTarget?.({ to })
    assert.deepEqual(resolve(`libp2p-mesh:${PEER}`), { ok: true, to: PEER })
    assert.deepEqual(resolve('bob'), { ok: true, to: 'bob' })
    const refused = resolve('12D3KooWbad')
    assert.match(refused?.ok === false ? refused.error.message : '', /"12D3KooWbad" is no libp2p mesh target/)
  })

  it('carries on the hops of a peer\'s turn that runs', async () => {
    using live = goLive(new FakeMesh())
    live.turns.begin('agent:main:libp2p-mesh:direct:peer', 1)
    await sendText(`p2p:${PEER}`)
    assert.deepEqual(live.mesh.sent, [{ to: PEER, text: 'hi', hops: 2, author: 'agent' }])
  })
})
