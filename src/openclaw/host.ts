/** What the mesh needs of its host, behind an interface that tests can stand in for. */
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import type { Logger } from '../lib/log.ts'
import { CHANNEL_ID } from './names.ts'

/** The configuration as the running gateway uses it; never to be changed in place. */
export type HostConfig = ReturnType<PluginRuntime['config']['current']>

/** Whether the peer's entry was written, or was the owner's own already. */
export type PolicyWrite = 'written' | 'kept'

/** The host as this plugin uses it. */
export interface Host {
  log: Logger
  config: () => HostConfig
  /** Writes the entry that takes all tools from the peer's turns, unless the owner has an entry for that peer. */
  denyTools: (peerId: string) => Promise<PolicyWrite>
}

/** The key of a peer in `tools.toolsBySender`. */
export function policyKey(peerId: string): string {
  return `channel:${CHANNEL_ID}:${peerId}`
}

/** The host behind the plugin runtime. */
export function createHost(runtime: Pick<PluginRuntime, 'config'>, log: Logger): Host {
  return {
    log,
    config: () => runtime.config.current(),
    denyTools: async (peerId) => {
      const { result } = await runtime.config.mutateConfigFile({
        afterWrite: { mode: 'auto' },
        mutate: draft => addDenyAll(draft, policyKey(peerId))
      })
      return result ?? 'kept'
    }
  }
}

function addDenyAll(draft: OpenClawConfig, key: string): PolicyWrite {
  const entries = draft.tools?.toolsBySender ?? {}
  const isThere = Object.keys(entries).some(existing => existing.trim().toLowerCase() === key.toLowerCase())
  if (isThere) return 'kept'
  draft.tools = { ...draft.tools, toolsBySender: { ...entries, [key]: { deny: ['*'] } } }
  return 'written'
}
