import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { Datastore, Key } from 'interface-datastore'
import { loadListenPorts, resolveListenAddrs, saveListenPorts, type ProbePort } from '../../src/node/listen-ports.ts'

const LOCAL = ['/ip4/127.0.0.1/tcp/0']
const BOTH = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']

/** A machine on which these ports are taken and the free ones are handed out in order. */
function machine(taken: number[], free: number[] = [5001, 5002, 5003]): { probe: ProbePort, asked: string[] } {
  const asked: string[] = []
  const probe: ProbePort = async (hosts, port) => {
    asked.push(`${hosts.join(' ')} ${port}`)
    const chosen = port === 0 ? free.shift() : port
    return chosen === undefined || taken.includes(chosen) ? undefined : chosen
  }
  return { probe, asked }
}

async function listenOn(t: TestContext, host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('resolveListenAddrs', () => {
  it('chooses one port for IPv4 and IPv6', async () => {
    const { probe, asked } = machine([])
    assert.deepEqual(await resolveListenAddrs(BOTH, {}, probe), { addresses: ['/ip4/0.0.0.0/tcp/5001', '/ip6/::/tcp/5001'], ports: { tcp: 5001 } })
    assert.deepEqual(asked, ['0.0.0.0 :: 0'])
  })

  it('keeps the port of the last start while it is free', async () => {
    const { addresses, ports } = await resolveListenAddrs(BOTH, { tcp: 4001 }, machine([]).probe)
    assert.deepEqual([addresses, ports], [['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001'], { tcp: 4001 }])
  })

  it('chooses another one when somebody took it', async () => {
    assert.deepEqual((await resolveListenAddrs(BOTH, { tcp: 4001 }, machine([4001, 5001]).probe)).ports, { tcp: 5002 })
  })

  it('chooses a port of its own for WebSocket', async () => {
    const { addresses, ports } = await resolveListenAddrs([...BOTH, '/ip4/0.0.0.0/tcp/0/ws', '/ip6/::/tcp/0/ws'], { tcp: 4001 }, machine([]).probe)
    assert.deepEqual(addresses, ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001', '/ip4/0.0.0.0/tcp/5001/ws', '/ip6/::/tcp/5001/ws'])
    assert.deepEqual(ports, { tcp: 4001, 'tcp/ws': 5001 })
  })

  it('leaves ports alone that the owner chose, and remembers none for them', async () => {
    const { probe, asked } = machine([])
    const chosen = ['/ip4/127.0.0.1/tcp/4002', '/ip6/::1/tcp/4003/ws']
    assert.deepEqual(await resolveListenAddrs(chosen, { tcp: 4001 }, probe), { addresses: chosen, ports: {} })
    assert.deepEqual(asked, [])
  })

  it('lets the system choose at each address when no common port is found, and stops looking', async () => {
    const { probe, asked } = machine([], [])
    assert.deepEqual(await resolveListenAddrs(BOTH, {}, probe), { addresses: BOTH, ports: {} })
    assert.ok(asked.length > 1 && asked.length < 20)
  })
})

describe('resolveListenAddrs on this machine', () => {
  it('finds a port that can be listened on, and finds it again', async (t) => {
    const { addresses, ports } = await resolveListenAddrs(LOCAL, {})
    assert.deepEqual(addresses, [`/ip4/127.0.0.1/tcp/${ports['tcp'] ?? ''}`])
    assert.deepEqual(await resolveListenAddrs(LOCAL, ports), { addresses, ports })
    const server = createServer().listen(ports['tcp'], '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
  })

  it('sees that a remembered port is taken', async (t) => {
    const taken = await listenOn(t, '127.0.0.1')
    const { ports } = await resolveListenAddrs(LOCAL, { tcp: taken })
    assert.ok(ports['tcp'] !== undefined && ports['tcp'] !== taken)
  })

  it('sees that it is taken on one of the addresses only', async (t) => {
    const taken = await listenOn(t, '127.0.0.2')
    const { ports } = await resolveListenAddrs([...LOCAL, '/ip4/127.0.0.2/tcp/0'], { tcp: taken })
    assert.ok(ports['tcp'] !== undefined && ports['tcp'] !== taken)
  })

  it('lets an address that this machine does not have stop nothing', async () => {
    const { addresses, ports } = await resolveListenAddrs([...LOCAL, '/ip6/2001:db8::7/tcp/0'], {})
    assert.deepEqual(addresses, [`/ip4/127.0.0.1/tcp/${ports['tcp'] ?? ''}`, `/ip6/2001:db8::7/tcp/${ports['tcp'] ?? ''}`])
  })
})

/** A datastore that holds this text under every key, or nothing yet. */
function memoryDatastore(text?: string): Pick<Datastore, 'has' | 'get' | 'put'> {
  let value = text === undefined ? undefined : new TextEncoder().encode(text)
  return {
    has: () => value !== undefined,
    get: () => value ?? assert.fail('nothing is stored'),
    put: (key: Key, bytes: Uint8Array<ArrayBuffer>) => {
      value = bytes
      return key
    }
  }
}

describe('the ports of the last start', () => {
  it('are none at the first start', async () => {
    assert.deepEqual(await loadListenPorts(memoryDatastore()), {})
  })

  it('are those that were saved', async () => {
    const datastore = memoryDatastore()
    await saveListenPorts(datastore, { tcp: 4001, 'tcp/ws': 4002 })
    assert.deepEqual(await loadListenPorts(datastore), { tcp: 4001, 'tcp/ws': 4002 })
  })

  for (const stored of ['', '{"tcp":', 'null', '7', '"x"', '{"tcp": "4001"}', '{"tcp": 4001.5}', '{"tcp": 70000}', '{"tcp": -1}', '{"tcp": 0}', '\u0000\u0001']) {
    it(`are none where ${JSON.stringify(stored)} is stored`, async () => {
      assert.deepEqual(await loadListenPorts(memoryDatastore(stored)), {})
    })
  }
})
