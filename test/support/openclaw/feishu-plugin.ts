/** The official Feishu plugin of OpenClaw, and the configuration that makes it talk to a fake of Lark. */

import type { FakeLark } from './fake-lark.ts'
import type { JsonObject } from './json.ts'
import type { PluginSource } from './template.ts'

/** From the registry: OpenClaw gives no state to a Feishu plugin that was installed from a file, and it needs that for its webhook. */
export const FEISHU_PLUGIN: PluginSource = {
  spec: 'npm:@openclaw/feishu@2026.9.5',
  integrity: 'sha512-pDBgnlB81WlhFKQdtsX1txlrhULG3fVVu/v7Gae+ESothIqpjVidE9Wt7CM3Pd/eaKSFXmNIlROq+BIeSWkJnA=='
}

/** Where the plugin listens for events, on the gateway's loopback. */
export const WEBHOOK = { port: 3000, path: '/feishu/events' }

/** How long the plugin waits for Lark: longer than a sender waits for the confirmation of its message. */
export const LARK_TIMEOUT_MS = 20_000

/** Who may talk to the bot: the owner alone and everybody in the group. */
export interface FeishuPeople {
  /** `ou_...` */
  owner: string
  /** `oc_...` */
  group: string
}

/** The gateway's configuration with both plugins; answers of the agent come as plain messages, at once and whole. */
export function feishuConfig(lark: FakeLark, { owner, group }: FeishuPeople): JsonObject {
  const { appId, appSecret, verificationToken, encryptKey } = lark.app
  const feishu = {
    enabled: true, appId, appSecret, verificationToken, encryptKey, domain: lark.url,
    connectionMode: 'webhook', webhookPort: WEBHOOK.port, webhookPath: WEBHOOK.path, httpTimeoutMs: LARK_TIMEOUT_MS,
    dmPolicy: 'allowlist', allowFrom: [owner], groupPolicy: 'allowlist', groupAllowFrom: [group],
    renderMode: 'raw', typingIndicator: false, resolveSenderNames: false
  }
  return { channels: { feishu }, plugins: { allow: ['libp2p-mesh', 'feishu'], entries: { feishu: { enabled: true } } } }
}

/** What the gateway needs in its environment to trust the fake. */
export function feishuEnv(lark: FakeLark): NodeJS.ProcessEnv {
  return { NODE_EXTRA_CA_CERTS: lark.certificatePath }
}
