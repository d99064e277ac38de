/** `openclaw directory ...`: peers by name, from the node here or, in a command's process, from the gateway. */
import type { ChannelPlugin } from 'openclaw/plugin-sdk/channel-core'
import type { InstanceIdentity, PeerSummary } from '../mesh-api.ts'
import { callGateway } from './gateway-call.ts'
import { findMesh } from './live-mesh.ts'

type DirectoryAdapter = NonNullable<ChannelPlugin['directory']>
type ListParams = Parameters<NonNullable<DirectoryAdapter['listPeers']>>[0]
type Entry = Awaited<ReturnType<NonNullable<DirectoryAdapter['listPeers']>>>[number]

/** The directory adapter. */
export const meshDirectory: DirectoryAdapter = {
  self: async () => {
    const { peerId, instanceName } = await loadIdentity()
    return { kind: 'user', id: peerId, name: instanceName }
  },
  listPeers: async params => listEntries(params),
  listPeersLive: async params => listEntries(params),
  listGroups: async () => []
}

async function listEntries({ query, limit }: ListParams): Promise<Entry[]> {
  const wanted = (query ?? '').trim().toLowerCase()
  const entries = (await loadPeers()).map(toEntry)
  const found = entries.filter(({ id, name, handle }) => [id, name, handle].some(value => value?.toLowerCase().includes(wanted) === true))
  return found.slice(0, limit ?? found.length)
}

function toEntry({ peerId, alias, agentId, approved, instanceId }: PeerSummary): Entry {
  const name = alias ?? (approved ? instanceId : undefined)
  return { kind: 'user', id: peerId, handle: agentId, ...name === undefined ? {} : { name } }
}

async function loadPeers(): Promise<PeerSummary[]> {
  const live = findMesh()
  if (live !== undefined) return live.mesh.listPeers()
  const { peers } = await askGateway('peers')
  return Array.isArray(peers) ? peers as PeerSummary[] : [] // made by the gateway's own plugin, which is this one
}

async function loadIdentity(): Promise<Pick<InstanceIdentity, 'peerId' | 'instanceName'>> {
  const live = findMesh()
  if (live !== undefined) return live.mesh.identity()
  const { peerId, instanceName } = await askGateway('identity')
  return { peerId: String(peerId), instanceName: String(instanceName) }
}

async function askGateway(operation: string): Promise<Record<string, unknown>> {
  const { details, text } = await callGateway({ operation, params: {} })
  if (!details.ok) throw new Error(text)
  return details
}
