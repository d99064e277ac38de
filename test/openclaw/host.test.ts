import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import { createHost, policyKey, type Host } from '../../src/openclaw/host.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeHost } from '../support/fake-host.ts'
import { PEER } from '../support/fake-mesh.ts'
import { LogRecorder } from '../support/log-recorder.ts'

type MutateParams = Parameters<PluginRuntime['config']['mutateConfigFile']>[0]

function setUp(file: OpenClawConfig): { host: Host, clock: FakeClock, file: OpenClawConfig } {
  const clock = new FakeClock()
  const config = {
    current: () => file,
    mutateConfigFile: async ({ mutate }: MutateParams) => ({ result: await mutate(file, {} as Parameters<MutateParams['mutate']>[1]) })
  }
  const runtime = { config } as unknown as PluginRuntime // the host uses these two functions alone
  return { host: createHost({ runtime: () => runtime, log: new LogRecorder(), clock, sendToChannel: new FakeHost().sendToChannel }), clock, file }
}

describe('denyTools', () => {
  it('writes the peer\'s entry beside what is there', async () => {
    const { host, file } = setUp({ tools: { profile: 'minimal', toolsBySender: { '*': { deny: ['exec'] } } } })
    assert.equal(await host.denyTools(PEER), 'written')
    assert.deepEqual(file.tools, { profile: 'minimal', toolsBySender: { '*': { deny: ['exec'] }, [policyKey(PEER)]: { deny: ['*'] } } })
    assert.equal(host.config(), file)
  })

  it('keeps an entry that the owner wrote for the peer', async () => {
    const own = { tools: { toolsBySender: { [policyKey(PEER).toUpperCase()]: { allow: ['p2p_status'] } } } }
    const { host, file } = setUp(structuredClone(own))
    assert.equal(await host.denyTools(PEER), 'kept')
    assert.deepEqual(file, own)
    assert.equal(host.isPolicyOnItsWay(PEER), false)
  })

  it('says so from the moment on in which the entry is being written, and no longer when that failed', async () => {
    const writing = Promise.withResolvers<{ result: 'written' }>()
    const runtime = { config: { mutateConfigFile: async () => writing.promise } } as unknown as PluginRuntime // all that writing takes
    const host = createHost({ runtime: () => runtime, log: new LogRecorder(), clock: new FakeClock(), sendToChannel: new FakeHost().sendToChannel })
    const denied = host.denyTools(PEER)
    assert.equal(host.isPolicyOnItsWay(PEER), true)
    writing.reject(new Error('read-only file'))
    await assert.rejects(denied, /read-only/)
    assert.equal(host.isPolicyOnItsWay(PEER), false)
  })

  it('still says so when it is asked once more meanwhile', async () => {
    const { host } = setUp({})
    await host.denyTools(PEER)
    assert.equal(await host.denyTools(PEER), 'kept')
    assert.equal(host.isPolicyOnItsWay(PEER), true)
  })

  it('says for a while that the entry is on its way', async () => {
    const { host, clock } = setUp({})
    await host.denyTools(PEER)
    assert.equal(host.isPolicyOnItsWay(PEER), true)
    clock.advance(60_000)
    assert.equal(host.isPolicyOnItsWay(PEER), false)
  })
})
