/** Runs an agent turn for a peer's message in the host: a session of the peer's own, no commands, its text framed as untrusted. */
import { dispatchInboundDirectDm } from 'openclaw/plugin-sdk/channel-inbound'
import { resolveStableChannelMessageIngress } from 'openclaw/plugin-sdk/channel-ingress-runtime'
import type { OpenClawConfig } from 'openclaw/plugin-sdk/channel-core'
import { mimeTypeFromFilePath } from 'openclaw/plugin-sdk/media-mime'
import { resolveAgentRoute } from 'openclaw/plugin-sdk/routing'
import { wrapExternalContent } from 'openclaw/plugin-sdk/security-runtime'
import { toError } from '../lib/errors.ts'
import type { InboundMessage, ReceivedFile } from '../mesh-api.ts'
import type { StartContext } from './account.ts'
import { frameText, senderLabel } from './frame.ts'
import { senderIdOf, type Host } from './host.ts'
import type { AgentRunner, TurnAnswer } from './inbound.ts'
import { ACCOUNT_ID, CHANNEL_ID, CHANNEL_LABEL } from './names.ts'
import { DM_SCOPE } from './security.ts'

/** What the runner works with. */
export interface AgentRunnerInit {
  host: Host
  selfPeerId: string
  /** The host's own parts for this channel run. */
  channelRuntime: StartContext['channelRuntime']
}

type DispatchParams = Parameters<typeof dispatchInboundDirectDm>[0]
type ResolveIngress = NonNullable<DispatchParams['resolveChannelIngress']>
type Payload = Parameters<DispatchParams['deliver']>[0]

/** The runner that drives the host. */
export function createAgentRunner(init: AgentRunnerInit): AgentRunner {
  return {
    route: (peerId) => {
      const route = resolveAgentRoute({ cfg: scopedConfig(init.host), channel: CHANNEL_ID, accountId: ACCOUNT_ID, peer: { kind: 'direct', id: peerId } })
      if (route.sessionKey !== route.mainSessionKey) return { agentId: route.agentId, sessionKey: route.sessionKey }
      throw new Error('a binding of the configuration puts it into the owner\'s own conversation; give that binding session.dmScope "per-channel-peer"')
    },
    run: async (message, attempt) => {
      const offer = new Offer(attempt === 1 ? message.messageId : `${message.messageId}~${attempt}`)
      try {
        const answer = await runTurn(init, message, offer)
        return offer.isDeferred ? { text: '', failure: 'a turn of its session runs already', isRefused: true } : answer
      } catch (thrown) {
        if (offer.isAdopted) throw thrown
        return { text: '', failure: toError(thrown).message, isRefused: true }
      }
    }
  }
}

/**
 * A message as it is offered to the host. The host says so right before a turn begins; what it throws before that (it reloads, its
 * database is busy) began none. It must not put the message behind a turn that runs: the answer would come after we stopped to listen.
 */
class Offer {
  readonly messageId: string
  isAdopted = false
  isDeferred = false
  readonly lifecycle: NonNullable<DispatchParams['turnAdoptionLifecycle']> = {
    admission: 'exclusive',
    onAdopted: () => { this.isAdopted = true },
    onDeferred: () => {
      this.isDeferred = true
      return false
    }
  }

  constructor(messageId: string) {
    this.messageId = messageId
  }
}

/** The running configuration with a session for each peer, whatever `session.dmScope` says. */
function scopedConfig(host: Host): OpenClawConfig {
  const config = host.config() as OpenClawConfig // read-only by contract; the host's functions only read it
  return { ...config, session: { ...config.session, dmScope: DM_SCOPE } }
}

async function runTurn({ host, selfPeerId, channelRuntime }: AgentRunnerInit, message: InboundMessage, { messageId, lifecycle }: Offer): Promise<TurnAnswer> {
  const { from, text, at, file } = message
  const cfg = scopedConfig(host)
  const answers: string[] = []
  const failures: string[] = []
  await dispatchInboundDirectDm({
    cfg,
    ...dispatchRuntime(channelRuntime),
    channel: CHANNEL_ID,
    channelLabel: CHANNEL_LABEL,
    accountId: ACCOUNT_ID,
    peer: { kind: 'direct', id: from },
    senderId: senderIdOf(message),
    senderAddress: `${CHANNEL_ID}:${from}`,
    recipientAddress: `${CHANNEL_ID}:${selfPeerId}`,
    conversationLabel: senderLabel(message),
    rawBody: file !== undefined && text === '' ? file.name : text,
    bodyForAgent: frameText(message, (content, sender) => wrapExternalContent(content, { source: 'unknown', sender })),
    messageId,
    timestamp: at,
    commandAuthorized: false,
    turnAdoptionLifecycle: lifecycle,
    resolveChannelIngress: async binding => resolveIngress(cfg, from, binding),
    extraContext: { SenderIsBot: true, CommandInterpretationSuppressed: true, ...mediaOf(file) },
    deliver: async (payload) => { (isAnswer(payload, messageId) ? answers : failures).push(payload.text ?? '') },
    onRecordError: (error) => { host.log.warn(`the host did not record the message ${messageId}: ${toError(error).message}`) },
    onDispatchError: (error) => { failures.push(toError(error).message) }
  })
  const answer = answers.filter(part => part.trim() !== '').join('\n\n')
  return failures.length === 0 ? { text: answer } : { text: answer, failure: failures.join('; ') }
}

/** A file as media of the message. The host takes facts from a channel that builds the whole context itself, and these fields from one that does not. */
function mediaOf(file: ReceivedFile | undefined): Record<string, unknown> {
  return file === undefined ? {} : { MediaPaths: [file.path], MediaTypes: [mimeTypeFromFilePath(file.name) ?? 'application/octet-stream'] }
}

/** Our peer book admitted the sender already; this tells the host so, for this one message. */
async function resolveIngress(cfg: OpenClawConfig, from: string, contextBinding: Parameters<ResolveIngress>[0]): ReturnType<ResolveIngress> {
  return resolveStableChannelMessageIngress({
    channelId: CHANNEL_ID,
    accountId: ACCOUNT_ID,
    cfg,
    identity: { key: 'libp2p-peer-id', sensitivity: 'pii', entryIdPrefix: 'libp2p-entry', authentication: 'verified' },
    readStoreAllowFrom: async () => [],
    subject: { stableId: from },
    conversation: { kind: 'direct', id: from },
    contextBinding,
    dmPolicy: 'allowlist',
    allowFrom: [from]
  })
}

/** The host marks what the agent said with the message that it answers; its own error texts carry no such mark. */
function isAnswer(payload: Payload, messageId: string): boolean {
  return payload.replyToId === messageId
}

function dispatchRuntime(channelRuntime: StartContext['channelRuntime']): Pick<DispatchParams, 'channelRuntime'> {
  const inbound = channelRuntime?.['inbound']
  if (typeof inbound !== 'object' || inbound === null) return {}
  return { channelRuntime: { inbound: { buildContext: Reflect.get(inbound, 'buildContext') as unknown } } }
}
