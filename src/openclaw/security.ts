/** Who may write, for the host's doctor and audit: our own peer book decides, the host's pairing store is never used. */
import type { ChannelPlugin } from 'openclaw/plugin-sdk/channel-core'
import type { MeshAccount } from './account.ts'
import { CHANNEL_ID } from './names.ts'

type SecurityAdapter = NonNullable<ChannelPlugin<MeshAccount>['security']>

/** The scope of each peer's session, stricter than the host's default (`main`, the owner's own conversation). */
export const DM_SCOPE = 'per-channel-peer'

/** The security adapter. */
export const meshSecurity: SecurityAdapter = {
  resolveDmPolicy: ({ account }) => ({
    policy: account.dmPolicy,
    allowFrom: account.allowFrom,
    policyPath: `channels.${CHANNEL_ID}.dmPolicy`,
    allowFromPath: `channels.${CHANNEL_ID}.allowFrom`,
    approveHint: 'openclaw p2p approve <code>',
    classifyEntryAuthentication: () => 'verified'
  }),
  dmRouting: { resolveDmScope: () => DM_SCOPE },
  collectWarnings: ({ account }) => account.dmPolicy === 'open'
    ? [{
        checkId: `channels.${CHANNEL_ID}.open`,
        severity: 'warn',
        title: 'Everyone on the mesh may write to this agent',
        detail: `channels.${CHANNEL_ID}.dmPolicy is "open": messages of unknown peers are accepted without approval.`,
        remediation: `openclaw config set channels.${CHANNEL_ID}.dmPolicy pairing`
      }]
    : []
}
