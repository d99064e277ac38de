/** What a running mesh says about itself. */
import { agentIdOf } from '../lib/agent-id.ts'
import type { InstanceIdentity, MeshStatus, NetworkInfo } from '../mesh-api.ts'
import type { Parts } from './assemble.ts'
import { toOpenCall } from './call-views.ts'
import type { MeshInit } from './init.ts'
import { NetworkView } from './network-view.ts'

/** Its IDs, to give to others. */
export function identityOfSelf({ node: { libp2p: { peerId } } }: Parts, { config: { instanceName } }: MeshInit): InstanceIdentity {
  const agentId = agentIdOf(peerId)
  const publicKey = Buffer.from(peerId.publicKey?.raw ?? []).toString('base64url')
  return { instanceId: `${instanceName}@${agentId}`, instanceName, agentId, peerId: peerId.toString(), publicKey }
}

/** The node at a glance. */
export function statusOfSelf(parts: Parts, init: MeshInit): MeshStatus {
  const { network, encounters: { peers }, mailbox, calls, book, instances, traversal, listenAddrs } = parts
  const { peerId, agentId, instanceId } = identityOfSelf(parts, init)
  const held = mailbox.incoming.heldByPeer()
  return {
    peerId, agentId, instanceId, started: true, listenAddrs: listenAddrs(), announcedAddrs: network.announcedAddrs(),
    connectedPeers: peers.length, paths: network.pathCounts(peers), knownPeers: book.all().length,
    unread: mailbox.incoming.unread, queued: mailbox.outgoing.waiting, openCalls: calls.open().map(toOpenCall),
    pendingApprovals: [...held].map(([from, count]) => ({ peerId: from, code: book.get(from)?.code ?? '', held: count })),
    nat: traversal.summary(), duplicateKeys: instances.duplicateKeys, version: init.version
  }
}

/** Its ways to its peers, as known or after a fresh look. */
export async function networkOfSelf(parts: Parts, init: MeshInit, { check }: { check?: boolean }): Promise<NetworkInfo> {
  const { peerId, instanceId } = identityOfSelf(parts, init)
  const view = new NetworkView(parts, init.config)
  return { peerId, instanceId, ...check === true ? await view.checked() : await view.known() }
}
