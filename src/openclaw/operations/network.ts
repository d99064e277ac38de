/** What a user can ask about this node's ways to its peers: as known, or after a fresh look. */
import type { MeshApi } from '../../mesh-api.ts'
import { diagnose, isHealthy } from '../diagnosis/diagnose.ts'
import { doctorText, networkText, type NetworkFacts } from '../network-text.ts'
import { defineOperation, NONE } from './definition.ts'

/** Addresses, paths and what is wrong with them, as known. */
export const network = defineOperation({
  name: 'network',
  scope: 'operator.read',
  tool: {
    name: 'p2p_get_network_info',
    label: 'P2P network',
    description: 'How this libp2p mesh node reaches others: its addresses, NAT and relays; each peer with its path (direct or through which relay), transport, round trip time and why not direct; and findings with what to do about each'
  },
  parameters: NONE,
  run: async ({ mesh }) => look(mesh, false),
  text: networkText
})

/** The same after STUN servers, routers and peers were asked anew, with a verdict. */
export const doctor = defineOperation({
  name: 'doctor',
  scope: 'operator.read',
  parameters: NONE,
  run: async ({ mesh }) => {
    const facts = await look(mesh, true)
    return { healthy: isHealthy(facts.findings), ...facts }
  },
  text: doctorText
})

async function look(mesh: MeshApi, check: boolean): Promise<NetworkFacts> {
  const info = await mesh.networkInfo({ check })
  const { duplicateKeys } = await mesh.status()
  return { ...info, findings: diagnose({ ...info, duplicateKeys }) }
}
