import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { connectionGate } from '../../src/node/connection-gate.ts'

function knock(gate: ReturnType<typeof connectionGate>, address: string) {
  const socket = Object.assign(new EventTarget(), { remoteAddr: multiaddr(address) }) as unknown as MultiaddrConnection
  return { isDenied: gate.denyInboundConnection?.(socket), close: () => { socket.dispatchEvent(new Event('close')) } }
}

describe('connectionGate', () => {
  it('admits so many sockets from one network, whether they shake hands or not, and others still', () => {
    const gate = connectionGate(2)
    const tries = [1, 2, 3].map(port => knock(gate, `/ip4/45.33.0.7/tcp/${port}`).isDenied)
    assert.deepEqual(tries, [false, false, true])
    assert.equal(knock(gate, '/ip4/45.33.0.8/tcp/1').isDenied, false)
    assert.deepEqual(['::1', '::2', '::3'].map(host => knock(gate, `/ip6/2001:db8${host}/tcp/1`).isDenied), [false, false, true])
  })

  it('gives a place back when its socket closes', () => {
    const gate = connectionGate(1)
    const first = knock(gate, '/ip4/45.33.0.7/tcp/1')
    first.close()
    assert.equal(knock(gate, '/ip4/45.33.0.7/tcp/2').isDenied, false)
    assert.equal(knock(gate, '/ip4/45.33.0.7/tcp/3').isDenied, true)
  })

  it('does not count what comes through a relay: its address is the relay\'s', () => {
    const gate = connectionGate(1)
    const relayed = '/ip4/45.33.0.7/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit'
    assert.deepEqual([knock(gate, relayed).isDenied, knock(gate, relayed).isDenied], [false, false])
  })
})
