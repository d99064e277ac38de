import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { DHT_IDLE_MS, DHT_PATIENCE_MS } from '../../src/config/dht-limits.ts'
import { DhtContacts } from '../../src/node/dht-contacts.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice, bob } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const KAD = '/libp2p-mesh/kad/1.0.0'
const PLACE = `/ip4/45.33.1.1/tcp/4001/p2p/${bob.toString()}`

interface FakeConnection {
  remotePeer: PeerId
  status: string
  remoteAddr: ReturnType<typeof multiaddr>
  streams: Array<{ protocol: string }>
}

/** Contacts on connections that the test makes; a dial fails with what it is given. */
function contacting(dial: { error?: Error, takesMs?: number } = {}) {
  const clock = new FakeClock()
  const open: FakeConnection[] = []
  const kept: PeerId[] = []
  const unreached: string[] = []
  const dialled: string[] = []
  const connect = (remotePeer: PeerId): FakeConnection => {
    const connection: FakeConnection & Pick<Connection, 'newStream' | 'close'> = {
      remotePeer, status: 'open', remoteAddr: multiaddr(PLACE), streams: [{ protocol: '/ipfs/id/1.0.0' }, { protocol: '/meshsub/1.2.0' }, { protocol: KAD }, { protocol: '' }],
      newStream: async protocol => ({ protocol }) as never,
      close: async () => { connection.status = 'closed' }
    }
    open.push(connection)
    return connection
  }
  const contacts = new DhtContacts({
    connectionManager: {
      getConnections: (peerId?: PeerId) => open.filter(({ remotePeer }) => peerId === undefined || remotePeer.equals(peerId)),
      openConnection: async (addresses: unknown) => {
        dialled.push(String(addresses))
        clock.advance(dial.takesMs ?? 0)
        if (dial.error !== undefined) throw dial.error
        return connect(bob)
      }
    } as unknown as ConnectionManager,
    addressesOf: async () => [multiaddr(PLACE)],
    isKept: peerId => kept.some(other => other.equals(peerId)),
    onUnreached: (peerId) => { unreached.push(peerId.toString()) },
    clock
  })
  contacts.start()
  const ask = async (peerId = bob, options = {}): Promise<unknown> => await contacts.connectionManager.openStream(peerId, KAD, options)
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  return { contacts, clock, open, kept, unreached, dialled, connect, ask, wait }
}

describe('a question of the DHT', () => {
  it('dials who is not connected, where answers say, and closes the connection when no other follows', async () => {
    const { contacts, open, dialled, ask, wait } = contacting()
    await ask()
    assert.deepEqual([dialled, contacts.has(bob)], [[PLACE], true])
    await wait(DHT_IDLE_MS / 2)
    await ask()
    await wait(DHT_IDLE_MS / 2)
    assert.deepEqual([dialled.length, open[0]?.status], [1, 'open'])
    await wait(DHT_IDLE_MS / 2)
    assert.deepEqual([open[0]?.status, contacts.has(bob)], ['closed', true])
    await wait(DHT_IDLE_MS / 2)
    assert.equal(contacts.has(bob), false)
  })

  it('uses the connection that there is, and leaves it', async () => {
    const { contacts, open, dialled, connect, ask, wait } = contacting()
    connect(bob)
    await ask()
    await wait(3 * DHT_IDLE_MS)
    assert.deepEqual([dialled, contacts.has(bob), open[0]?.status], [[], false, 'open'])
  })

  it('leaves a connection that somebody uses, wants or keeps', async () => {
    const uses: Array<(fixture: ReturnType<typeof contacting>) => void> = [
      ({ open }) => { open[0]?.streams.push({ protocol: '/libp2p-mesh/message/1.0.0' }) },
      ({ contacts }) => { assert.deepEqual([contacts.claim(bob), contacts.claim(bob)], [true, false]) },
      ({ contacts, kept }) => {
        kept.push(bob)
        assert.equal(contacts.has(bob), false)
      }
    ]
    for (const use of uses) {
      const fixture = contacting()
      await fixture.ask()
      use(fixture)
      await fixture.wait(3 * DHT_IDLE_MS)
      assert.deepEqual([fixture.open[0]?.status, fixture.contacts.has(bob)], ['open', false])
    }
  })

  it('tells who was not reached, unless it was given up before anybody could answer', async () => {
    const refused = contacting({ error: new Error('refused') })
    await assert.rejects(refused.ask(), /refused/)
    assert.deepEqual([refused.unreached, refused.contacts.has(bob)], [[bob.toString()], false])
    const signal = AbortSignal.abort()
    const givenUp = contacting({ error: new Error('aborted'), takesMs: DHT_PATIENCE_MS - 1 })
    await assert.rejects(givenUp.ask(bob, { signal }))
    const silent = contacting({ error: new Error('aborted'), takesMs: DHT_PATIENCE_MS })
    await assert.rejects(silent.ask(bob, { signal }))
    assert.deepEqual([givenUp.unreached, silent.unreached], [[], [bob.toString()]])
  })

  it('leaves no timer after a stop', () => {
    const { contacts, clock } = contacting()
    contacts.stop()
    assert.deepEqual([clock.pending, contacts.has(alice)], [[], false])
  })
})
