/** Takes the tools from the turns of a peer that was let in, before its messages start any. */
import { toError } from '../lib/errors.ts'
import { policyKey, type Host } from './host.ts'

/** Whether the configuration limits the peer's turns now; `missing` with the reason. */
export interface TurnRestriction {
  toolPolicy: 'written' | 'kept' | 'missing'
  toolPolicyError?: string
}

/** Writes the entry that denies all tools; never rejects, because without the entry there are no turns at all. */
export async function restrictTurns(host: Host, peerId: string): Promise<TurnRestriction> {
  try {
    return { toolPolicy: await host.denyTools(peerId) }
  } catch (thrown) {
    const { message } = toError(thrown)
    host.log.warn(`the tool policy of ${peerId} could not be written: ${message}; its messages start no agent turn`)
    return { toolPolicy: 'missing', toolPolicyError: message }
  }
}

/** The same for the owner. */
export function restrictionText(peerId: string, { toolPolicy, toolPolicyError }: TurnRestriction): string {
  const entry = `tools.toolsBySender["${policyKey(peerId)}"]`
  if (toolPolicy === 'written') return `Its messages start agent turns without tools: ${entry} now denies all of them.`
  if (toolPolicy === 'kept') return `Its messages start agent turns with the tools that your entry ${entry} leaves it.`
  return `Its messages start NO agent turn: the configuration could not be written (${toolPolicyError ?? 'unknown reason'}). Set ${entry} to { "deny": ["*"] } yourself.`
}
