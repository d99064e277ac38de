/** What a user can do with peers: list, add, remove, ping, approve, block. Approving and blocking is the owner's alone. */
import Type from 'typebox'
import { DISCOVERY_TIMEOUT_MS } from '../../config/limits.ts'
import { MeshError } from '../../lib/errors.ts'
import type { MeshApi, PeerSummary } from '../../mesh-api.ts'
import { peersCalled } from '../known-peer.ts'
import { pingText } from '../network-text.ts'
import { addedText, discoveredText, peersText } from '../render.ts'
import { restrictionText, restrictTurns } from '../restrict-turns.ts'
import { defineOperation, NONE } from './definition.ts'
import { RECIPIENT, recipientOf } from './recipient.ts'

/** Dials under way when the time is over end by themselves. */
const MAX_DISCOVERY_MS = 2 * DISCOVERY_TIMEOUT_MS

/** Known peers. An agent sees neither approval codes, nor safety words, nor the names that unapproved peers gave themselves. */
export const listPeers = defineOperation({
  name: 'peers',
  scope: 'operator.read',
  tool: {
    name: 'p2p_list_peers',
    label: 'P2P peers',
    description: 'Known peers of the libp2p mesh: IDs, alias, whether approved, presence (online, left: it said goodbye, away: nobody knows), how and since when known, who may message whom (mayMessageUs, agentMayMessage), when last seen. claimsNameOf: it calls itself by a name that belongs to that other peer'
  },
  parameters: Type.Object({ online: Type.Optional(Type.Boolean({ description: 'Only peers that are online now' })) }),
  run: async ({ mesh, audience }, { online }) => {
    const peers = await mesh.listPeers(online === undefined ? {} : { online })
    const shown = await Promise.all(peers.map(async peer => audience === 'owner' ? withSafetyWords(peer, mesh) : visibleToAgent(peer)))
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
  ownerParameters: Type.Object({ replace: Type.Optional(Type.Boolean()), agentMayMessage: Type.Optional(Type.Boolean()) }),
  run: async ({ mesh }, params) => mesh.addPeer({
    recipient: recipientOf(params),
    ...params.alias === undefined ? {} : { alias: params.alias },
    ...params.replace === undefined ? {} : { replace: params.replace },
    ...params.agentMayMessage === undefined ? {} : { agentMayMessage: params.agentMayMessage }
  }),
  text: addedText
})

/** Looks for peers. */
export const discover = defineOperation({
  name: 'discover',
  scope: 'operator.write',
  tool: {
    name: 'p2p_discover',
    label: 'P2P discover',
    description: 'Look for peers on the libp2p mesh: asks bootstrap nodes, relays, approved and added peers and the LAN, and connects to those that they name. Approves nobody',
    timeoutMs: () => MAX_DISCOVERY_MS
  },
  parameters: NONE,
  run: async ({ mesh }) => mesh.discover(),
  text: discoveredText
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
    ...result.claimsNameOf === undefined ? [] : [claimText(result.peerId, result.claimsNameOf)],
    restrictionText(result.peerId, result)
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

function claimText(peerId: string, holder: string): string {
  return `Careful: it calls itself by a name that is pinned to ${holder}. A peer with a new key is a new peer: make sure that you know this one. ` +
    `\`openclaw p2p add ${peerId} -a <name> --replace\` gives it the name, \`openclaw p2p block ${peerId}\` takes the approval back.`
}

function visibleToAgent({ code: _code, instanceId, ...facts }: PeerSummary): PeerSummary {
  return facts.approved && instanceId !== undefined ? { ...facts, instanceId } : facts
}

async function withSafetyWords(peer: PeerSummary, mesh: MeshApi): Promise<PeerSummary & { safetyWords?: string[] }> {
  return peer.approved ? { ...peer, safetyWords: await mesh.safetyWords(peer.peerId) } : peer
}

function findPeer(peers: PeerSummary[], who: string): PeerSummary | undefined {
  const found = peersCalled(who, peers)
  if (found.length <= 1) return found[0]
  throw new MeshError('AMBIGUOUS_RECIPIENT', `"${who}" means ${found.length} peers; pass the peer ID`, { candidates: found.map(peer => peer.peerId) })
}
