/** The definitions that the host loads: the whole plugin, and the part that is safe while it is only being set up. */
import { defineChannelPluginEntry, defineSetupPluginEntry } from 'openclaw/plugin-sdk/channel-core'
import { meshChannel } from './channel.ts'
import { registerCommands, registerRuntime } from './entry.ts'
import { CHANNEL_ID, CHANNEL_LABEL, DESCRIPTION } from './names.ts'
import { runtimeStore } from './runtime.ts'

/** The whole plugin. */
export const plugin: ReturnType<typeof defineChannelPluginEntry<typeof meshChannel>> = defineChannelPluginEntry({
  id: CHANNEL_ID,
  name: CHANNEL_LABEL,
  description: DESCRIPTION,
  plugin: meshChannel,
  setRuntime: runtimeStore.setRuntime,
  registerCliMetadata: registerCommands,
  registerFull: registerRuntime
})

/** The channel alone. */
export const setupPlugin: ReturnType<typeof defineSetupPluginEntry<typeof meshChannel>> = defineSetupPluginEntry(meshChannel)
