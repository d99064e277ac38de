/** Shows a text in one of the owner's channels, through the host. */
import { sendDurableMessageBatch } from 'openclaw/plugin-sdk/channel-outbound'
import type { OpenClawConfig } from 'openclaw/plugin-sdk/channel-core'
import type { ChannelSender, HostConfig } from './host.ts'
import { outcomeOf, outcomeOfError } from './send-outcome.ts'

/**
 * The sender of the running gateway. It passes by the host's delivery queue, which would replay what failed, and after a crash what may
 * have been shown: the mailbox tries again itself, and the peer was told the outcome.
 *
 * @param config the configuration as it is now
 */
export function createChannelSender(config: () => HostConfig): ChannelSender {
  return async ({ channel, target, accountId }, text, { replyToId } = {}) => {
    try {
      return outcomeOf(await sendDurableMessageBatch({
        cfg: config() as OpenClawConfig, // read-only by contract; the host only reads it
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
