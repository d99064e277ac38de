/** `openclaw channels add --channel libp2p-mesh`: there is nothing to fill in, the channel is only switched on. */
import { defineChannelSetupContract } from 'openclaw/plugin-sdk/channel-setup'
import type { ChannelPlugin } from 'openclaw/plugin-sdk/channel-core'
import { channelSection } from './account.ts'
import { CHANNEL_ID } from './names.ts'

/** The setup contract; its fields are those of `openclaw.channel.setup` in package.json: none. */
export const meshSetup: NonNullable<ChannelPlugin['setupContract']> = defineChannelSetupContract({
  fields: {},
  adapter: {
    applyAccountConfig: ({ cfg }) => {
      const section = channelSection(cfg)
      return { ...cfg, channels: { ...cfg.channels, [CHANNEL_ID]: { ...(typeof section === 'object' ? section : {}), enabled: true } } }
    }
  }
})
