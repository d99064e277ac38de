/** `openclaw channels status`: what the node says of itself, and the peer ID in the probe. */
import type { ChannelPlugin } from 'openclaw/plugin-sdk/channel-core'
import type { MeshAccount } from './account.ts'
import { findMesh } from './live-mesh.ts'
import { ACCOUNT_ID } from './names.ts'

/** What a probe found. The host prints nothing of it but `bot.username`, so the peer ID stands there. */
export interface MeshProbe {
  ok: boolean
  error?: string
  peerId?: string
  addrs?: string[]
  peers?: number
  pendingApprovals?: number
  bot?: { username: string }
}

/** The status adapter. */
export const meshStatus: NonNullable<ChannelPlugin<MeshAccount, MeshProbe>['status']> = {
  defaultRuntime: { accountId: ACCOUNT_ID, running: false, connected: false, lastStartAt: null, lastStopAt: null, lastError: null },
  probeAccount: async () => probe(),
  buildChannelSummary: ({ snapshot }) => ({
    configured: snapshot.configured ?? true,
    running: snapshot.running ?? false,
    connected: snapshot.connected ?? false,
    peerId: snapshot.identity ?? null,
    lastError: snapshot.lastError ?? null
  }),
  buildAccountSnapshot: ({ account, runtime, probe: probed }) => {
    const identity = probed?.peerId ?? runtime?.identity
    return {
      ...runtime,
      accountId: account.accountId,
      enabled: account.enabled,
      configured: true,
      running: runtime?.running ?? false,
      connected: runtime?.connected ?? false,
      dmPolicy: account.dmPolicy,
      allowFrom: account.allowFrom,
      ...identity === undefined ? {} : { identity },
      ...probed === undefined ? {} : { probe: probed }
    }
  }
}

async function probe(): Promise<MeshProbe> {
  const live = findMesh()
  if (live === undefined) return { ok: false, error: 'the mesh node is not running in this process' }
  const { peerId, listenAddrs, connectedPeers, started, pendingApprovals } = await live.mesh.status()
  return {
    ok: started,
    ...started ? {} : { error: 'the mesh node is stopped' },
    peerId,
    addrs: listenAddrs,
    peers: connectedPeers,
    pendingApprovals: pendingApprovals.length,
    bot: { username: peerId }
  }
}
