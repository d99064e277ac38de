import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { meshChannel } from '../../src/openclaw/channel.ts'
import { goLive } from '../support/fake-host.ts'
import { FakeMesh, PEER, PEER_AGENT_ID, peerSummary, SELF } from '../support/fake-mesh.ts'

const runtime = { log: () => undefined, error: () => undefined, exit: () => assert.fail('exits') }

describe('the channel with nothing configured', () => {
  const account = meshChannel.config.resolveAccount({})

  it('exists, is configured and on, so that the gateway starts the node', () => {
    assert.deepEqual(meshChannel.config.listAccountIds({}), ['default'])
    assert.equal(meshChannel.config.isEnabled?.(account, {}), true)
    assert.equal(meshChannel.config.isConfigured?.(account, {}), true)
    assert.deepEqual(account, { accountId: 'default', enabled: true, dmPolicy: 'pairing', allowFrom: [] })
  })

  it('can be switched off', () => {
    assert.equal(meshChannel.config.resolveAccount({ channels: { 'libp2p-mesh': { enabled: false } } }).enabled, false)
  })

  it('is switched on by `channels add`', () => {
    const cfg = meshChannel.setupContract?.applyAccountConfig({ cfg: { channels: { 'libp2p-mesh': { dmPolicy: 'open' } } }, accountId: 'default', input: {} })
    assert.deepEqual(cfg?.channels?.['libp2p-mesh'], { dmPolicy: 'open', enabled: true })
  })

  it('never offers the host\'s pairing store', () => {
    assert.equal(meshChannel.pairing, undefined)
  })
})

describe('sessions', () => {
  it('are a peer\'s own, whatever the configuration says', async () => {
    const route = await meshChannel.messaging?.resolveOutboundSessionRoute?.({ cfg: { session: { dmScope: 'main' } }, agentId: 'main', target: PEER })
    assert.equal(route?.sessionKey, `agent:main:libp2p-mesh:direct:${PEER.toLowerCase()}`)
    const account = meshChannel.config.resolveAccount({})
    assert.equal(meshChannel.security?.dmRouting?.resolveDmScope?.({ cfg: {}, accountId: 'default', account }), 'per-channel-peer')
  })

  it('are found by alias and agent ID where the node is', async () => {
    const mesh = new FakeMesh()
    mesh.peers = [peerSummary({ alias: 'bob' })]
    using stack = new DisposableStack()
    stack.use(goLive(mesh))
    for (const target of ['bob', PEER_AGENT_ID]) {
      const route = await meshChannel.messaging?.resolveOutboundSessionRoute?.({ cfg: {}, agentId: 'main', target })
      assert.deepEqual([route?.sessionKey, route?.recipientSessionExact], [`agent:main:libp2p-mesh:direct:${PEER.toLowerCase()}`, true])
    }
  })

  it('leave the owner\'s own alone: a send from there, or a heartbeat, makes no peer the place to answer at', async () => {
    const resolve = meshChannel.messaging?.resolveOutboundSessionRoute
    const params = { cfg: {}, agentId: 'main', target: PEER }
    assert.equal(await resolve?.({ ...params, currentSessionKey: 'agent:main:main' }), null)
    assert.equal(await resolve?.({ ...params, deliveryPurpose: 'heartbeat-owner' }), null)
    assert.notEqual(await resolve?.({ ...params, currentSessionKey: `agent:main:libp2p-mesh:direct:${PEER.toLowerCase()}` }), null)
  })

  it('are never the owner\'s own, also for a name that nobody here has', async () => {
    const route = await meshChannel.messaging?.resolveOutboundSessionRoute?.({ cfg: {}, agentId: 'main', target: 'nobody' })
    assert.deepEqual([route?.sessionKey, route?.recipientSessionExact], ['agent:main:libp2p-mesh:direct:nobody', false])
  })
})

describe('security', () => {
  it('names our own approval, and warns of an open door', async () => {
    const account = meshChannel.config.resolveAccount({ channels: { 'libp2p-mesh': { dmPolicy: 'open' } } })
    assert.match(meshChannel.security?.resolveDmPolicy?.({ cfg: {}, account })?.approveHint ?? '', /openclaw p2p approve/)
    assert.equal((await meshChannel.security?.collectWarnings?.({ cfg: {}, account }))?.length, 1)
    assert.deepEqual(await meshChannel.security?.collectWarnings?.({ cfg: {}, account: meshChannel.config.resolveAccount({}) }), [])
  })
})

describe('targets', () => {
  const looksLikeId = meshChannel.messaging?.targetResolver?.looksLikeId

  it('are looked up in the gateway when they are well formed, and refused here when not', () => {
    for (const target of [PEER, `libp2p-mesh:${PEER}`, 'bob', 'a1b2c3d4e5f6a7b8', 'office@a1b2c3d4e5f6a7b8']) assert.equal(looksLikeId?.(target), true)
    for (const target of ['12D3KooWbad', '!!', '']) assert.equal(looksLikeId?.(target), false)
  })
})

describe('status', () => {
  const account = meshChannel.config.resolveAccount({})

  it('shows the peer ID where the host prints it', async () => {
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh()))
    const probe = await meshChannel.status?.probeAccount?.({ account, cfg: {}, timeoutMs: 1000 })
    assert.deepEqual([probe?.ok, probe?.bot?.username, probe?.peers, probe?.pendingApprovals], [true, SELF, 1, 1])
  })

  it('says that nothing runs here where nothing does', async () => {
    const probe = await meshChannel.status?.probeAccount?.({ account, cfg: {}, timeoutMs: 1000 })
    assert.equal(probe?.ok, false)
  })

  it('reports running and connected as the account said', async () => {
    const build = meshChannel.status?.buildAccountSnapshot
    assert.equal((await build?.({ account, cfg: {} }))?.running, false)
    const snapshot = await build?.({ account, cfg: {}, runtime: { accountId: 'default', running: true, connected: true, identity: SELF } })
    assert.deepEqual([snapshot?.running, snapshot?.connected, snapshot?.identity], [true, true, SELF])
  })
})

describe('directory', () => {
  it('lists peers by the names that the owner gave', async () => {
    const mesh = new FakeMesh()
    mesh.peers = [peerSummary({ alias: 'bob' }), peerSummary({ peerId: SELF, approved: false, instanceId: 'free-money@604ad9d9c103ea46' })]
    using stack = new DisposableStack()
    stack.use(goLive(mesh))
    const params = { cfg: {}, runtime }
    assert.deepEqual((await meshChannel.directory?.listPeers?.(params))?.map(({ id, name }) => [id, name]), [[PEER, 'bob'], [SELF, undefined]])
    assert.equal((await meshChannel.directory?.listPeers?.({ ...params, query: 'BO' }))?.length, 1)
    assert.equal((await meshChannel.directory?.listPeers?.({ ...params, limit: 1 }))?.length, 1)
    assert.deepEqual(await meshChannel.directory?.self?.(params), { kind: 'user', id: SELF, name: 'alice' })
  })
})
