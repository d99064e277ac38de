/** What a stranger wrote must reach nobody but the owner who asks for it. */

import assert from 'node:assert/strict'
import type { MeshNode } from './mesh-node.ts'

/** Looks for `secret` wherever an agent, a status page or a log reader could meet it. */
export async function assertUnheard(node: MeshNode, secret: string): Promise<void> {
  const { mesh, events, log } = node
  const shown = {
    status: await mesh.status(),
    network: await mesh.networkInfo(),
    peers: await mesh.listPeers(),
    instances: await mesh.listInstances(),
    agentInbox: await mesh.inbox({ audience: 'agent', limit: 10_000 }),
    events: events.items
  }
  for (const [where, what] of Object.entries(shown)) assert.ok(!JSON.stringify(what).includes(secret), `${where} holds the text of a stranger`)
  log.assertClean(secret)
}
