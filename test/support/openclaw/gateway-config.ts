/** The `openclaw.json` of a test gateway: only what a run needs, nothing that calls out. */

import { merge, type JsonObject } from './json.ts'

const PLUGIN_ID = 'libp2p-mesh'

export interface GatewayConfigInit {
  port: number
  token: string
  /** Folder of the gateway's own log file and the agent's workspace. */
  folder: string
  /** `plugins.entries["libp2p-mesh"].config`. */
  plugin: JsonObject
  /** `channels["libp2p-mesh"]`; absent: the section is not written, as after a plain installation. */
  channel?: JsonObject
  model?: ModelConnection
  /** Laid over everything else. */
  over: JsonObject
}

/** A model server that speaks the OpenAI API. */
export interface ModelConnection {
  /** Ends in `/v1`. */
  url: string
  /** The API key: the model server tells its callers apart by it. */
  key: string
}

/** `installed` is what `openclaw plugins install` wrote. */
export function gatewayConfig(installed: JsonObject, init: GatewayConfigInit): JsonObject {
  const layers = [installed, base(init), pluginSection(init)]
  if (init.model !== undefined) layers.push(modelSection(init.model))
  return merge(layers.reduce(merge), init.over)
}

function base(init: GatewayConfigInit): JsonObject {
  return {
    gateway: { mode: 'local', port: init.port, bind: 'loopback', auth: { mode: 'token', token: init.token } },
    logging: { file: `${init.folder}/openclaw.log` },
    cron: { enabled: false },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    models: { catalogRefresh: { enabled: false } },
    agents: { defaults: { skipBootstrap: true, workspace: `${init.folder}/workspace` } }
  }
}

/** Without `allow` a gateway loads some 15 plugins, and `memory-core` even with it. */
function pluginSection(init: GatewayConfigInit): JsonObject {
  return {
    plugins: { allow: [PLUGIN_ID], slots: { memory: 'none' }, entries: { [PLUGIN_ID]: { enabled: true, config: init.plugin } } },
    ...(init.channel === undefined ? {} : { channels: { [PLUGIN_ID]: init.channel } })
  }
}

/** Tool search would hide the plugin's tools from the model behind a catalogue. */
function modelSection({ url, key }: ModelConnection): JsonObject {
  const model = {
    id: 'scripted', name: 'scripted', reasoning: false, input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 128_000, maxTokens: 4096
  }
  return {
    models: { mode: 'merge', providers: { test: { baseUrl: url, apiKey: key, api: 'openai-completions', models: [model] } } },
    agents: { defaults: { model: { primary: 'test/scripted' } } },
    tools: { toolSearch: false }
  }
}
