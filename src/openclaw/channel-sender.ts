/** Shows a text in one of the owner's channels, through the host. */
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import { sendDurableMessageBatch } from 'openclaw/plugin-sdk/channel-outbound'
import type { DeliveryTarget } from '../mesh-api.ts'
import type { ChannelSender } from './host.ts'
import { outcomeOf, outcomeOfError } from './send-outcome.ts'

/** The part of the host's runtime that a sender uses. */
export interface SenderRuntime {
  config: Pick<PluginRuntime['config'], 'current'>
  channel: {
    outbound: Pick<PluginRuntime['channel']['outbound'], 'loadAdapter'>
    text: Pick<PluginRuntime['channel']['text'], 'resolveTextChunkLimit'>
  }
}

/**
 * The sender of the running gateway. It passes by the host's delivery queue, which would replay what failed, and after a crash what may
 * have been shown: the mailbox tries again itself, and the peer was told the outcome.
 *
 * @param runtime the host's runtime as it is now
 */
export function createChannelSender(runtime: () => SenderRuntime, send = sendDurableMessageBatch): ChannelSender {
  return async (place, write, { replyToId } = {}) => {
    const { channel, target, accountId } = place
    try {
      const text = write(await longestText(runtime(), place))
      return outcomeOf(await send({
        cfg: configOf(runtime()),
        channel,
        to: target,
        ...accountId !== undefined && { accountId },
        ...replyToId !== undefined && { replyToId },
        payloads: [{ text }],
        durability: 'best_effort',
        skipQueue: true
      }))
    } catch (thrown) {
      return outcomeOfError(thrown)
    }
  }
}

/** What the channel takes as one message: as the owner set it, or as its plugin says. */
async function longestText(runtime: SenderRuntime, { channel, accountId }: DeliveryTarget): Promise<number> {
  const adapter = await runtime.channel.outbound.loadAdapter(channel)
  const options = adapter?.textChunkLimit === undefined ? {} : { fallbackLimit: adapter.textChunkLimit }
  return runtime.channel.text.resolveTextChunkLimit(configOf(runtime), channel, accountId, options)
}

/** Read-only by contract; the host only reads it. */
function configOf(runtime: SenderRuntime): OpenClawConfig {
  return runtime.config.current() as OpenClawConfig
}
