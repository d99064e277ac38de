/** The parameter that names a recipient, under the names that callers use for it. */
import Type from 'typebox'
import { MeshError } from '../../lib/errors.ts'

const FORMS = 'peer ID, multiaddr ending in /p2p/<peer ID>, instance ID, agent ID, alias or instance name'

const form = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }))

/** `to` and the other names that are accepted for it; one of them must be there. */
export const RECIPIENT = {
  to: form(`Who: ${FORMS}`),
  peerId: form('Another name for `to`'),
  agent_id: form('Another name for `to`'),
  instanceId: form('Another name for `to`')
}

/** What was passed as recipient. */
export interface RecipientParams {
  to?: string
  peerId?: string
  agent_id?: string
  instanceId?: string
}

/**
 * The one recipient among the accepted names.
 *
 * @throws MeshError `INVALID_ARGUMENT` when there is none, or two that differ
 */
export function recipientOf(params: RecipientParams): string {
  const { to, peerId, agent_id: agentId, instanceId } = params
  const given = new Set([to, peerId, agentId, instanceId].filter(value => value !== undefined))
  const [recipient, ...others] = given
  if (recipient === undefined) throw new MeshError('INVALID_ARGUMENT', `No recipient: pass \`to\` (${FORMS})`)
  if (others.length > 0) throw new MeshError('INVALID_ARGUMENT', `Two recipients: "${recipient}" and "${others.join('", "')}"; pass one`)
  return recipient
}
