/** What a user can do with peers: list, add, remove, ping, approve, block. Approving and blocking is the owner's alone. */
import Type from 'typebox'
import { MeshError, toError } from '../../lib/errors.ts'
import type { PeerSummary } from '../../mesh-api.ts'
import { policyKey, type Host } from '../host.ts'
import { peersCalled } from '../known-peer.ts'
import { pingText } from '../network-text.ts'
import { addedText, peersText } from '../render.ts'
import { defineOperation, type Audience } from './definition.ts'
import { RECIPIENT, recipientOf } from './recipient.ts'

/** Known peers. An agent sees neither approval codes nor the names that unapproved peers gave themselves. */
export const listPeers = defineOperation({
  name: 'peers',
  scope: 'operator.read',
  tool: {
    name: 'p2p_list_peers',
    label: 'P2P peers',
    description: 'Known peers of the libp2p mesh: IDs, alias, whether approved and connected, when last seen'
  },
  parameters: Type.Object({ online: Type.Optional(Type.Boolean({ description: 'Connected peers only' })) }),
  run: async ({ mesh, audience }, { online }) => {
    const peers = await mesh.listPeers(online === undefined ? {} : { online })
    const shown = peers.map(peer => visiblePeer(peer, audience))
    return { peers: shown, count: shown.length }
  },
  text: ({ peers }) => peersText(peers)
})

/** Makes a peer known and tries to reach it; approves nothing inbound. */
export const addPeer = defineOperation({
  name: 'add',
  scope: 'operator.write',
  tool: {
    name: 'p2p_add_peer',
    label: 'P2P add peer',
    description: 'Make a peer known on the libp2p mesh, under an alias if wanted, and try to reach it. Does not approve it for inbound messages'
  },
  parameters: Type.Object({
    ...RECIPIENT,
    alias: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Local name to pin to this peer' }))
  }),
  ownerParameters: Type.Object({ replace: Type.Optional(Type.Boolean()) }),
  run: async ({ mesh }, params) => mesh.addPeer({
    recipient: recipientOf(params),
    ...params.alias === undefined ? {} : { alias: params.alias },
    ...params.replace === undefined ? {} : { replace: params.replace }
  }),
  text: addedText
})

/** Forgets a peer with its alias and approval. */
export const removePeer = defineOperation({
  name: 'remove',
  scope: 'operator.write',
  parameters: Type.Object(RECIPIENT),
  run: async ({ mesh }, params) => mesh.removePeer(recipientOf(params)),
  text: ({ peerId }) => `Removed ${peerId}`
})

/** Measures the round trip to a peer. */
export const ping = defineOperation({
  name: 'ping',
  scope: 'operator.read',
  parameters: Type.Object(RECIPIENT),
  run: async ({ mesh }, params) => mesh.ping(recipientOf(params)),
  text: pingText
})

/** Lets a peer in: writes the entry that takes the tools from its turns, then approves it and releases what it left. */
export const approve = defineOperation({
  name: 'approve',
  scope: 'operator.admin',
  parameters: Type.Object({ who: Type.String({ minLength: 1, maxLength: 512 }) }),
  run: async ({ mesh, host }, { who }) => {
    const known = findPeer(await mesh.listPeers(), who)
    const before = known === undefined ? undefined : await restrictTurns(host, known.peerId)
    const approved = await mesh.approvePeer(who)
    const policy = before !== undefined && known?.peerId === approved.peerId ? before : await restrictTurns(host, approved.peerId)
    return { ...approved, ...policy }
  },
  text: result => [
    `Approved ${result.peerId} (agent ID ${result.agentId}); ${result.released} held ${result.released === 1 ? 'message' : 'messages'} released.`,
    turnsText(result.peerId, result.toolPolicy, result.toolPolicyError)
  ].join('\n')
})

/** Refuses a peer from now on. */
export const block = defineOperation({
  name: 'block',
  scope: 'operator.admin',
  parameters: Type.Object(RECIPIENT),
  run: async ({ mesh }, params) => mesh.blockPeer(recipientOf(params)),
  text: ({ peerId }) => `Blocked ${peerId}; its messages are refused from now on`
})

type ToolPolicy = 'written' | 'kept' | 'missing'

async function restrictTurns(host: Host, peerId: string): Promise<{ toolPolicy: ToolPolicy, toolPolicyError?: string }> {
  try {
    return { toolPolicy: await host.denyTools(peerId) }
  } catch (thrown) {
    const { message } = toError(thrown)
    host.log.warn(`the tool policy of ${peerId} could not be written: ${message}; its messages start no agent turn`)
    return { toolPolicy: 'missing', toolPolicyError: message }
  }
}

function turnsText(peerId: string, toolPolicy: ToolPolicy, error: string | undefined): string {
  const entry = `tools.toolsBySender["${policyKey(peerId)}"]`
  if (toolPolicy === 'written') return `Its messages start agent turns without tools: ${entry} now denies all of them.`
  if (toolPolicy === 'kept') return `Its messages start agent turns with the tools that your entry ${entry} leaves it.`
  return `Its messages start NO agent turn: the configuration could not be written (${error ?? 'unknown reason'}). Set ${entry} to { "deny": ["*"] } yourself.`
}

function visiblePeer(peer: PeerSummary, audience: Audience): PeerSummary {
  if (audience === 'owner') return peer
  const { code: _code, instanceId, ...facts } = peer
  return peer.approved && instanceId !== undefined ? { ...facts, instanceId } : facts
}

function findPeer(peers: PeerSummary[], who: string): PeerSummary | undefined {
  const found = peersCalled(who, peers)
  if (found.length <= 1) return found[0]
  throw new MeshError('AMBIGUOUS_RECIPIENT', `"${who}" means ${found.length} peers; pass the peer ID`, { candidates: found.map(peer => peer.peerId) })
}
