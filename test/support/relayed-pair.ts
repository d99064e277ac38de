/** Two nodes that only a relay connects, until they find a direct path. */

import type { ConfigInput } from '../../src/config/schema.ts'
import { MeshNode, UNLIMITED } from './mesh-node.ts'
import { Relay } from './relay.ts'

/** Listens nowhere, so that only the relay leads to it; the two share a machine, so that UDP does afterwards. */
export function behind(relay: Relay, config: ConfigInput = {}): ConfigInput {
  return { ...UNLIMITED, listenAddrs: [], relayList: [relay.address], stunServers: relay.stunServers, ...config }
}

export interface RelayedPair extends AsyncDisposable {
  relay: Relay
  alice: MeshNode
  bob: MeshNode
}

/** Alice and Bob approve each other and have their reservations; nobody has dialled. */
export async function relayedPair(config?: ConfigInput): Promise<RelayedPair> {
  const relay = await Relay.start()
  const alice = await MeshNode.start({ name: 'alice', config: behind(relay, config) })
  const bob = await MeshNode.start({ name: 'bob', config: behind(relay, config) })
  await alice.mesh.approvePeer(bob.peerId)
  await bob.mesh.approvePeer(alice.peerId)
  for (const node of [alice, bob]) await node.log.waitFor(/^Relay reservation made/)
  return {
    relay, alice, bob,
    [Symbol.asyncDispose]: async () => {
      for (const node of [alice, bob, relay]) await node[Symbol.asyncDispose]()
    }
  }
}

/** The address that leads to the node through the relay. */
export function through(relay: Relay, node: MeshNode): string {
  return `${relay.address}/p2p-circuit/p2p/${node.peerId}`
}
