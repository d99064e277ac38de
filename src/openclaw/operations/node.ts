/** What a user can ask about the own node. */
import type { MeshStatus } from '../../mesh-api.ts'
import { identityText, networkText, statusText } from '../render.ts'
import { defineOperation, NONE } from './definition.ts'

type Status = Omit<MeshStatus, 'pendingApprovals'> & Partial<Pick<MeshStatus, 'pendingApprovals'>>

/** The node at a glance; who waits for approval is the owner's to see. */
export const status = defineOperation({
  name: 'status',
  scope: 'operator.read',
  tool: {
    name: 'p2p_status',
    label: 'P2P status',
    description: 'Status of this libp2p mesh node: own peer ID, addresses, connected and known peers, unread and queued messages, NAT'
  },
  parameters: NONE,
  run: async ({ mesh, audience }): Promise<Status> => {
    const { pendingApprovals, ...facts } = await mesh.status()
    return audience === 'owner' ? { ...facts, pendingApprovals } : facts
  },
  text: statusText
})

/** Who this node is. */
export const identity = defineOperation({
  name: 'identity',
  scope: 'operator.read',
  tool: {
    name: 'p2p_get_instance_identity',
    label: 'P2P identity',
    description: 'Identity of this instance on the libp2p mesh: instance ID, name, agent ID, peer ID and public key, to give to others'
  },
  parameters: NONE,
  run: async ({ mesh }) => mesh.identity(),
  text: identityText
})

/** Addresses and open connections. */
export const network = defineOperation({
  name: 'network',
  scope: 'operator.read',
  tool: {
    name: 'p2p_get_network_info',
    label: 'P2P network',
    description: 'Addresses of this libp2p mesh node and its open connections with path (direct or relay), transport and round trip time'
  },
  parameters: NONE,
  run: async ({ mesh }) => mesh.networkInfo(),
  text: networkText
})
