/**
 * Whether the host's configuration limits the tools of a peer's turn. The host gives a turn all tools unless told otherwise,
 * so a peer without such a limit gets no turn at all.
 */
import type { HostConfig } from './host.ts'
import { policyKey } from './host.ts'

/** Whose turn, and which agent would run it. */
export interface TurnSubject {
  peerId: string
  agentId: string
}

export type TurnPolicy =
  | { allowed: true, entry: string }
  | { allowed: false, reason: 'no-entry' | 'entry-limits-nothing' }

interface ToolLimits {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

type Entries = Readonly<Record<string, ToolLimits | undefined>>

interface AgentEntry {
  readonly tools?: { readonly toolsBySender?: Entries | undefined } | undefined
}

/**
 * Follows the host's order: the agent's own `toolsBySender` before the global one, and in each the channel and peer,
 * then the bare ID, then the wildcard. The first entry that matches decides, also when it limits nothing.
 */
export function turnPolicy(config: HostConfig, subject: TurnSubject): TurnPolicy {
  const keys = [policyKey(subject.peerId), `id:${subject.peerId}`, '*']
  const agents: Readonly<Record<string, AgentEntry | undefined>> = config.agents?.entries ?? {}
  const scopes = [
    { path: `agents.entries.${subject.agentId}.tools.toolsBySender`, entries: agents[subject.agentId]?.tools?.toolsBySender },
    { path: 'tools.toolsBySender', entries: config.tools?.toolsBySender }
  ]
  for (const { path, entries } of scopes) {
    for (const key of keys) {
      const limits = entryOf(entries, key)
      if (limits === undefined) continue
      return isLimiting(limits) ? { allowed: true, entry: `${path}["${key}"]` } : { allowed: false, reason: 'entry-limits-nothing' }
    }
  }
  return { allowed: false, reason: 'no-entry' }
}

function entryOf(entries: Entries | undefined, key: string): ToolLimits | undefined {
  const found = Object.entries(entries ?? {}).find(([name]) => name.trim().toLowerCase() === key.toLowerCase())
  return found?.[1]
}

/** `alsoAllow` alone widens, it limits nothing. */
function isLimiting({ allow, deny }: ToolLimits): boolean {
  return (allow?.length ?? 0) > 0 || (deny?.length ?? 0) > 0
}
