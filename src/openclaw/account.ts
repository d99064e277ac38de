/** The channel's only account: the node of this gateway, as the configuration describes it. */
import type { ChannelPlugin, OpenClawConfig } from 'openclaw/plugin-sdk/channel-core'
import { CHANNEL_DEFAULTS } from '../config/defaults.ts'
import { ACCOUNT_ID, CHANNEL_ID } from './names.ts'

/** The account as the host's adapters pass it around. */
export interface MeshAccount {
  accountId: string
  enabled: boolean
  dmPolicy: string
  allowFrom: string[]
}

/** What `startAccount` gets. */
export type StartContext = Parameters<NonNullable<NonNullable<ChannelPlugin<MeshAccount>['gateway']>['startAccount']>>[0]

/** `channels["libp2p-mesh"]`, unchecked. */
export function channelSection(cfg: OpenClawConfig): unknown {
  return cfg.channels?.[CHANNEL_ID]
}

/** `plugins.entries["libp2p-mesh"].config`, unchecked. */
export function pluginSection(cfg: OpenClawConfig): unknown {
  return cfg.plugins?.entries?.[CHANNEL_ID]?.config
}

/** The account; it exists and is configured with nothing written into the configuration. */
export function resolveAccount(cfg: OpenClawConfig): MeshAccount {
  const section = channelSection(cfg)
  const read = (key: string): unknown => typeof section === 'object' && section !== null ? Reflect.get(section, key) : undefined
  const dmPolicy = read('dmPolicy')
  const allowFrom = read('allowFrom')
  return {
    accountId: ACCOUNT_ID,
    enabled: read('enabled') !== false,
    dmPolicy: typeof dmPolicy === 'string' ? dmPolicy : CHANNEL_DEFAULTS.dmPolicy,
    allowFrom: Array.isArray(allowFrom) ? allowFrom.filter(entry => typeof entry === 'string') : []
  }
}
