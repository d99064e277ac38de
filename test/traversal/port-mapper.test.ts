import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Libp2pEvents, TypedEventTarget } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { PMP_LIFETIME_MS, PMP_LISTEN_DELAY_MS, PMP_RETRY_MS } from '../../src/config/nat-limits.ts'
import { PortMapper } from '../../src/nat/port-mapper.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { FakeRouter } from '../support/nat/fake-router.ts'
import { until } from '../support/until.ts'

const PATIENT = { timeoutMs: 60_000, intervalMs: 10 }

async function createMapper(t: TestContext) {
  const router = await FakeRouter.start()
  t.after(async () => { await router[Symbol.asyncDispose]() })
  const [clock, log, events] = [new FakeClock(), new LogRecorder(), new EventTarget() as TypedEventTarget<Libp2pEvents>]
  const mappings: string[] = []
  const textOf = (...parts: unknown[]): string => parts.join(' ')
  const mapper = new PortMapper({
    events,
    addressManager: {
      addPublicAddressMapping: (...mapping) => { mappings.push(textOf(...mapping)) },
      removePublicAddressMapping: (...mapping) => { mappings.splice(mappings.indexOf(textOf(...mapping)), 1) }
    },
    transportManager: { getAddrs: () => [multiaddr('/ip4/127.0.0.1/tcp/4001'), multiaddr('/ip4/192.168.7.23/tcp/4001')] }
  }, { clock, log, gateways: async () => await Promise.resolve([{ host: router.host, ownHost: '192.168.7.23' }]) })
  mapper.start()
  t.after(async () => { await mapper.stop() })
  const listen = (): void => {
    events.dispatchEvent(new CustomEvent('transport:listening'))
    clock.advance(PMP_LISTEN_DELAY_MS)
  }
  return { router, clock, log, mappings, mapper, listen }
}

const toBe = async (mappings: string[], expected: string): Promise<void> => {
  await until(() => mappings.join() === expected, { ...PATIENT, what: `the mapping ${expected}` })
}

describe('PortMapper', () => {
  it('has the router map the port that the node listens on in its network, and gives it back', async (t) => {
    const { router, mappings, mapper, listen } = await createMapper(t)
    listen()
    await toBe(mappings, '192.168.7.23 4001 45.33.0.9 50001 tcp')
    assert.deepEqual(router.asked, ['4001:3600'])
    await mapper.stop()
    assert.deepEqual(router.asked, ['4001:3600', '4001:0'])
  })

  it('renews the mapping, and follows a new public address', async (t) => {
    const { router, clock, mappings, listen } = await createMapper(t)
    listen()
    await toBe(mappings, '192.168.7.23 4001 45.33.0.9 50001 tcp')
    await until(() => clock.pending.includes(PMP_LIFETIME_MS / 2), { ...PATIENT, what: 'the next renewal' })
    router.publicAddress = '45.33.0.10'
    clock.advance(PMP_LIFETIME_MS / 2)
    await toBe(mappings, '192.168.7.23 4001 45.33.0.10 50001 tcp')
  })

  it('maps nothing behind a router that is behind another one', async (t) => {
    const { router, clock, log, mappings, listen } = await createMapper(t)
    router.publicAddress = '100.64.3.4'
    listen()
    await log.waitFor(/behind another router itself \(100\.64\.3\.4\)/)
    await until(() => clock.pending.includes(PMP_RETRY_MS), { ...PATIENT, what: 'the next attempt' })
    assert.deepEqual([mappings, router.asked], [[], []])
  })

  it('says why a router gives no port', async (t) => {
    const { router, log, mappings, listen } = await createMapper(t)
    router.result = 2
    listen()
    await log.waitFor(/the router gives no port: it refuses/)
    assert.deepEqual(mappings, [])
  })
})
