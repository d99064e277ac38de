import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createNode, type CreateNodeInit } from '../../src/node/create-node.ts'
import { testFolder } from '../support/test-folder.ts'

const config: CreateNodeInit['config'] = {
  discovery: [], announceAddrs: [], enableWebSocket: false, enableIdentify: false, enableAutoNAT: false, enableUPnP: false,
  enableCircuitRelay: false, enableDCUtR: false, enableCircuitRelayServer: false, listenAddrs: ['/ip4/127.0.0.1/tcp/0']
}

function stateFolder(t: TestContext) {
  const stateDir = join(testFolder(t), 'libp2p')
  const warnings: string[] = []
  const ignore = (): void => undefined
  const log = { debug: ignore, info: ignore, error: ignore, warn: (message: string) => { warnings.push(message) } }
  const create = async (services: CreateNodeInit['services'] = {}) =>
    await createNode({ stateDir, config, services, version: '1.2.3', log, now: () => 1234, onSelfDiscovered: ignore })
  /** Starts a node, notes who it is and where it listens, and stops it. */
  const run = async (): Promise<{ peerId: string, addresses: string[] }> => {
    const { libp2p, start, close } = await create()
    await start()
    const seen = { peerId: libp2p.peerId.toString(), addresses: libp2p.getMultiaddrs().map(address => address.toString()) }
    await libp2p.stop()
    await close()
    return seen
  }
  return { stateDir, warnings, create, run }
}

describe('createNode', () => {
  it('makes a node that is not started, in a folder for its owner only', async (t) => {
    const { stateDir, create } = stateFolder(t)
    const { libp2p, close } = await create()
    assert.equal(libp2p.status, 'stopped')
    assert.deepEqual([statSync(stateDir).mode & 0o777, readdirSync(stateDir).sort()], [0o700, ['identity.key', 'peerstore']])
    await close()
  })

  it('is the same peer at the same port after a restart', async (t) => {
    const { run } = stateFolder(t)
    const first = await run()
    assert.match(first.addresses.join(' '), /^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d+\/p2p\/12D3KooW\w+$/)
    assert.deepEqual(await run(), first)
  })

  it('refuses a state folder that another node uses', async (t) => {
    const { create } = stateFolder(t)
    const { close } = await create()
    await assert.rejects(create(), { code: 'NOT_RUNNING', reason: 'locked' })
    await close()
  })

  it('leaves nothing open when it fails', async (t) => {
    const { create } = stateFolder(t)
    await assert.rejects(create({ broken: () => { throw new Error('a service that cannot be made') } }), /cannot be made/)
    const { close } = await create()
    await close()
  })

  it('goes on with a new peer store when the old one is unreadable, and warns', async (t) => {
    const { stateDir, warnings, run } = stateFolder(t)
    const first = await run()
    writeFileSync(join(stateDir, 'peerstore', 'CURRENT'), 'damaged')
    assert.equal((await run()).peerId, first.peerId)
    assert.match(warnings.join('\n'), /^The peer store \S+peerstore was unreadable .*moved aside/)
  })

  it('does not go on with a new identity when the old one is unreadable', async (t) => {
    const { stateDir, create, run } = stateFolder(t)
    await run()
    rmSync(join(stateDir, 'identity.key'))
    writeFileSync(join(stateDir, 'identity.key'), 'damaged')
    await assert.rejects(create(), { code: 'INTERNAL', reason: 'identity' })
  })
})
