/** The built plugin (`npm run build`) as the host runs it, with what is loaded only when it is configured: e2e tests configure nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import type source from '../../src/index.ts'
import { resolveAccount, type StartContext } from '../../src/openclaw/account.ts'
import { requireMesh } from '../../src/openclaw/live-mesh.ts'
import type { MeshApi } from '../../src/mesh-api.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { Recorder } from '../support/recorder.ts'
import { testFolder } from '../support/test-folder.ts'

type Status = Parameters<StartContext['setStatus']>[0]

const entry = new URL('../../dist/index.js', import.meta.url).href
const { default: plugin } = await import(entry) as { default: typeof source }

const DHT_PROTOCOL = '/libp2p-mesh/kad/1.0.0'
/** Announced, but not dialled: the connection is there before, and as long as the built plugin runs. */
const PUBLIC_ADDRESS = '/ip4/8.8.8.8/tcp/4001/ws'
const RELAY_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'

/** A node of the public libp2p packages, with WebSocket alone; keeps who asked it as a part of the DHT. */
async function startStranger(): Promise<AsyncDisposable & { node: Libp2p, askers: Recorder<string> }> {
  const askers = new Recorder<string>()
  const node = await createLibp2p({
    addresses: { appendAnnounce: [PUBLIC_ADDRESS] }, // the DHT passes over peers that have none, or answer no ping
    transports: [webSockets()], connectionEncrypters: [noise()], streamMuxers: [yamux()], services: { identify: identify(), ping: ping() }
  })
  await node.handle(DHT_PROTOCOL, (_stream, { remotePeer }) => { askers.add(remotePeer.toString()) })
  return { node, askers, [Symbol.asyncDispose]: async () => { await node.stop() } }
}

/** Runs the channel's account as the gateway does, until disposed. */
async function startAccount(cfg: OpenClawConfig, stateDir: string): Promise<AsyncDisposable & { mesh: MeshApi }> {
  const statuses = new Recorder<Status>()
  const abort = new AbortController()
  const runtime = { config: { current: () => cfg }, state: { resolveStateDir: () => stateDir }, channel: { activity: { record: () => undefined } } }
  plugin.setChannelRuntime?.(runtime as unknown as PluginRuntime) // the parts of the host that the account uses
  const running = plugin.channelPlugin.gateway?.startAccount?.({
    cfg, accountId: 'default', account: resolveAccount(cfg), abortSignal: abort.signal, log: new LogRecorder(),
    getStatus: () => statuses.items.at(-1) ?? { accountId: 'default' },
    setStatus: (status: Status) => { statuses.add(status) }
  } as unknown as StartContext)
  await Promise.race([running, statuses.waitFor('the account to be ready', all => all.some(({ lifecycle }) => lifecycle === 'ready'))])
  const { mesh } = requireMesh()
  return {
    mesh,
    [Symbol.asyncDispose]: async () => {
      abort.abort()
      await running
    }
  }
}

describe('the built plugin', () => {
  it('talks to a node run from the sources, over WebSocket, and is a relay and a part of the DHT', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice', config: { enableWebSocket: true, listenAddrs: ['/ip4/127.0.0.1/tcp/0/ws'] } })
    await using stranger = await startStranger()
    await using bundled = await startAccount({
      plugins: {
        entries: {
          'libp2p-mesh': {
            config: {
              discovery: ['bootstrap', 'dht'], bootstrapList: [alice.address], enableWebSocket: true, listenAddrs: ['/ip4/127.0.0.1/tcp/0/ws'],
              enableUPnP: false, enableCircuitRelayServer: true, instanceName: 'bundled'
            }
          }
        }
      }
    }, testFolder(t))
    const { peerId, listenAddrs: [address = ''] } = await bundled.mesh.status()
    await alice.waitForPeer('peer-connected', peerId)
    assert.equal((await bundled.mesh.sendMessage({ to: alice.peerId, text: 'from the bundle' })).state, 'held')
    await alice.mesh.approvePeer(peerId)
    await alice.waitForText('from the bundle')

    const connection = await stranger.node.dial(multiaddr(`${address}/p2p/${peerId}`))
    const stream = await connection.newStream(RELAY_PROTOCOL)
    assert.equal(stream.protocol, RELAY_PROTOCOL)
    await stranger.askers.waitFor('a question of the DHT', all => all.includes(peerId))
  })
})
