import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectionManager } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { forAutoNAT } from '../../src/node/dial-back.ts'

const ADDRESS = multiaddr('/ip4/45.33.0.7/tcp/4001/p2p/12D3KooWMMCTprdAZocxAYQ4y7gduJSWvK3gxppEk8upnhVdw1An')

function watched() {
  const dials: unknown[] = []
  const connectionManager: Pick<ConnectionManager, 'openConnection' | 'getConnections'> = {
    openConnection: async (target, options) => {
      dials.push([String(target), options?.force === true])
      return await Promise.reject(new Error('nobody there'))
    },
    getConnections: () => []
  }
  return { dials, components: { connectionManager: connectionManager as ConnectionManager, name: 'whole' } }
}

test('an address that a peer asks about is dialled anew, so that the connection of the question is not taken for it and closed', async () => {
  const { dials, components } = watched()
  await assert.rejects(forAutoNAT(components).connectionManager.openConnection(ADDRESS), /nobody there/)
  assert.deepEqual(dials, [[ADDRESS.toString(), true]])
})

test('a peer that AutoNAT meets by chance is dialled only where there is no connection', async () => {
  const { dials, components } = watched()
  await assert.rejects(forAutoNAT(components).connectionManager.openConnection([ADDRESS]), /nobody there/)
  assert.deepEqual(dials, [[ADDRESS.toString(), false]])
})

test('everything else is the node as it is', () => {
  const { components } = watched()
  const shown = forAutoNAT(components)
  assert.equal(shown.name, 'whole')
  assert.deepEqual(shown.connectionManager.getConnections(), [])
})
