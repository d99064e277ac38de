/** The host's runtime, which the plugin entry hands in before anything else runs. */
import { createPluginRuntimeStore } from 'openclaw/plugin-sdk/runtime-store'
import type { PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import { CHANNEL_ID } from './names.ts'

/** One slot for all copies of this module in the process. */
export const runtimeStore = createPluginRuntimeStore<PluginRuntime>({
  pluginId: CHANNEL_ID,
  errorMessage: 'libp2p-mesh is used before OpenClaw registered it'
})
