/** Listens to what is written in the host's channels, for answers of the owner to peers. */
import type { OpenClawConfig } from 'openclaw/plugin-sdk/channel-core'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { checkForwardTargets } from '../config/forward-targets.ts'
import { ConfigSchema } from '../config/schema.ts'
import { checkShape } from '../config/validate.ts'
import type { DeliveryTarget } from '../mesh-api.ts'
import { pluginSection } from './account.ts'
import type { SenderRuntime } from './channel-sender.ts'
import type { ChannelSender, HostConfig } from './host.ts'
import { OwnerAnswers, type ChatPlace } from './owner-answers.ts'

/** What the hooks take from outside. */
export interface HookParts {
  /** The host's runtime as it is now. */
  runtime: () => SenderRuntime
  sendToChannel?: ChannelSender
}

interface HookContext {
  channelId?: string
  accountId?: string
  conversationId?: string
}

/** Registers the hooks; they do nothing to messages that quote no forwarded one. */
export function registerHooks(api: Pick<OpenClawPluginApi, 'on'>, { runtime, sendToChannel }: HookParts): void {
  const config = (): HostConfig => runtime().config.current()
  const answers = new OwnerAnswers({ config, targets: () => forwardTargets(config()), sendToChannel: sendToChannel ?? lazySender(runtime) })
  api.on('message_received', (event, context) => {
    const media = [...event.media ?? [], ...event.originalMedia ?? []]
    if (media.some(({ transcribed }) => transcribed !== true)) answers.noteAttachments(placeOf(event, context))
  })
  api.on('before_dispatch', async (event, context) => {
    const { replyToId, replyToIdFull, replyToBody, senderId, content } = event
    const quotedIds = [...new Set([replyToId ?? '', replyToIdFull ?? ''])].filter(id => id !== '')
    return answers.handle({ ...placeOf(event, context), senderId: senderId ?? '', text: content, quotedIds, quotedText: replyToBody })
  })
}

function placeOf({ messageId }: { messageId?: string }, { channelId, accountId, conversationId }: HookContext): ChatPlace {
  return { channel: channelId ?? '', accountId, conversationId: conversationId ?? '', messageId }
}

/** None while the configuration is one that the node does not start with. */
function forwardTargets(config: HostConfig): readonly DeliveryTarget[] {
  const section = pluginSection(config as OpenClawConfig) // read-only by contract
  try {
    return checkForwardTargets(checkShape(ConfigSchema, section ?? {}, 'config'), { path: 'config', warnings: [] })
  } catch {
    return [] // the start says what is wrong
  }
}

/** Sending loads much of the host, which a gateway that gets no answers never needs. */
function lazySender(runtime: () => SenderRuntime): ChannelSender {
  return async (target, write, options) => {
    const { createChannelSender } = await import('./channel-sender.ts')
    return createChannelSender(runtime)(target, write, options)
  }
}
