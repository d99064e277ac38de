/** What a user can ask about the own node. */
import { diagnose } from '../diagnosis/diagnose.ts'
import { statusText, type StatusFacts } from '../network-text.ts'
import { identityText } from '../render.ts'
import { defineOperation, NONE } from './definition.ts'

/** The node at a glance; who waits for approval is the owner's to see. */
export const status = defineOperation({
  name: 'status',
  scope: 'operator.read',
  tool: {
    name: 'p2p_status',
    label: 'P2P status',
    description: 'Status of this libp2p mesh node: own peer ID, addresses, unread and queued messages, NAT and relays, the path to each peer (direct or through a relay, and why), and findings with what to do'
  },
  parameters: NONE,
  run: async ({ mesh, audience }): Promise<StatusFacts> => {
    const { pendingApprovals, ...own } = await mesh.status()
    const info = await mesh.networkInfo()
    const facts = { ...own, peers: info.peers, findings: diagnose({ ...info, duplicateKeys: own.duplicateKeys }) }
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
