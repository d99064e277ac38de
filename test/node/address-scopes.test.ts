import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { addressScopes } from '../../src/node/address-scopes.ts'
import { carol } from '../support/peers.ts'

const RELAYED = `/ip4/45.33.1.1/tcp/4001/p2p/${carol.toString()}/p2p-circuit`
const ADDRESSES = [
  '/ip4/45.33.1.1/tcp/4001', RELAYED, '/dns4/mesh.example.org/tcp/443/wss', '/ip4/192.168.1.5/tcp/4001', '/ip6/fd00::5/tcp/4001', '/ip4/127.0.0.1/tcp/4001',
  '/ip4/169.254.1.1/tcp/4001'
]
const chosen = (isChosen: (address: ReturnType<typeof multiaddr>) => boolean): string[] => ADDRESSES.filter(text => isChosen(multiaddr(text)))

describe('addressScopes', () => {
  it('tell public and relayed addresses and names, and take all of them but names', () => {
    const { isTold, isTaken } = addressScopes(false)
    assert.deepEqual(chosen(isTold), ADDRESSES.slice(0, 3))
    assert.deepEqual(chosen(isTaken), ADDRESSES.slice(0, 2))
  })

  it('tell and take loopback addresses where the mesh is on one machine, and nothing beyond it', () => {
    const { isTold, isTaken } = addressScopes(true)
    assert.deepEqual(chosen(isTold), ['/dns4/mesh.example.org/tcp/443/wss', '/ip4/127.0.0.1/tcp/4001'])
    assert.deepEqual(chosen(isTaken), ['/ip4/127.0.0.1/tcp/4001'])
  })
})
