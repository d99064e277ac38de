/** The channel as the host sees it: a thin declaration; what needs libp2p is loaded when the gateway starts the account. */
import { buildChannelOutboundSessionRoute, createChatChannelPlugin, type ChannelPlugin } from 'openclaw/plugin-sdk/channel-core'
import { ACCOUNT_ID, CHANNEL_ID, CHANNEL_LABEL, DESCRIPTION } from './names.ts'
import { resolveAccount, type MeshAccount } from './account.ts'
import { meshDirectory } from './directory.ts'
import { meshOutbound } from './outbound.ts'
import { DM_SCOPE, meshSecurity } from './security.ts'
import { meshSetup } from './setup.ts'
import { meshStatus, type MeshProbe } from './status.ts'
import { knownPeerId } from './known-peer.ts'
import { isWellFormedTarget, normalizeTarget, peerIdOf, TARGET_HINT, TARGET_PREFIXES } from './targets.ts'

type Messaging = NonNullable<ChannelPlugin['messaging']>
type Config = ChannelPlugin<MeshAccount>['config']

const config: Config = {
  listAccountIds: () => [ACCOUNT_ID],
  defaultAccountId: () => ACCOUNT_ID,
  resolveAccount,
  inspectAccount: cfg => ({ accountId: ACCOUNT_ID, enabled: resolveAccount(cfg).enabled, configured: true }),
  isEnabled: account => account.enabled,
  isConfigured: () => true,
  describeAccount: account => ({ accountId: ACCOUNT_ID, enabled: account.enabled, configured: true, dmPolicy: account.dmPolicy, allowFrom: account.allowFrom }),
  resolveAllowFrom: ({ cfg }) => resolveAccount(cfg).allowFrom,
  formatAllowFrom: ({ allowFrom }) => allowFrom.map(String)
}

const messaging: Messaging = {
  targetPrefixes: TARGET_PREFIXES,
  targetIdComparison: 'case-sensitive',
  normalizeTarget,
  inferTargetChatType: ({ to }) => isWellFormedTarget(normalizeTarget(to)) ? 'direct' : undefined,
  targetResolver: {
    looksLikeId: (raw, normalized) => isWellFormedTarget(normalizeTarget(normalized ?? raw)),
    hint: TARGET_HINT
  },
  resolveOutboundSessionRoute: async ({ cfg, agentId, target, currentSessionKey, deliveryPurpose }) => {
    // No route: the host would note the peer as the place to answer the owner's conversation at, and a peer is never the operator.
    if (deliveryPurpose !== undefined || (currentSessionKey !== undefined && !isPeerSession(currentSessionKey))) return null
    const wanted = normalizeTarget(target)
    const peerId = peerIdOf(wanted) ?? await knownPeerId(wanted)
    const id = peerId ?? wanted
    return buildChannelOutboundSessionRoute({
      cfg: { ...cfg, session: { ...cfg.session, dmScope: DM_SCOPE } },
      agentId,
      channel: CHANNEL_ID,
      accountId: ACCOUNT_ID,
      recipientSessionExact: peerId !== undefined,
      peer: { kind: 'direct', id },
      chatType: 'direct',
      from: `${CHANNEL_ID}:${id}`,
      to: `${CHANNEL_ID}:${id}`
    })
  }
}

function isPeerSession(sessionKey: string): boolean {
  return sessionKey.includes(`:${CHANNEL_ID}:`)
}

/** The channel plugin. */
export const meshChannel: ChannelPlugin<MeshAccount, MeshProbe> = createChatChannelPlugin<MeshAccount, MeshProbe>({
  base: {
    id: CHANNEL_ID,
    meta: {
      id: CHANNEL_ID,
      label: CHANNEL_LABEL,
      selectionLabel: `${CHANNEL_LABEL} (peer to peer)`,
      docsPath: `/channels/${CHANNEL_ID}`,
      blurb: `${DESCRIPTION}.`,
      order: 90
    },
    capabilities: { chatTypes: ['direct'], media: true, reactions: false, threads: false, nativeCommands: false },
    // Only the access policy: a change of the node's settings makes the host register the plugin anew, which restarts it too.
    // Approving a peer writes a tool policy, which is read anew for each turn: no reason to load everything again.
    reload: { configPrefixes: [`channels.${CHANNEL_ID}`], noopPrefixes: ['tools.toolsBySender'] },
    config,
    setupContract: meshSetup,
    messaging,
    directory: meshDirectory,
    status: meshStatus,
    agentPrompt: {
      messageToolHints: () => [
        `- ${CHANNEL_LABEL}: \`target\` is a ${TARGET_HINT}, as p2p_list_peers and p2p_list_instances show them; never invent one, and ask when a name is ambiguous.`,
        `- ${CHANNEL_LABEL}: to reach a person or an instance, prefer p2p_send_instance_message, which waits until the message was delivered. What is queued or held was sent: do not send it again.`
      ]
    },
    gateway: {
      startAccount: async (context) => {
        const { startMesh } = await import('./start.ts')
        await startMesh(context)
      }
    }
  },
  security: meshSecurity,
  outbound: meshOutbound
})
