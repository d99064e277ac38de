/** Calls the running gateway from another process: the node lives there, and a second one with its key must never start. */
import type { GatewayRpcOpts } from 'openclaw/plugin-sdk/gateway-runtime'
import { MeshError, toError } from '../lib/errors.ts'
import { failureDetails, failureText } from './details.ts'
import { methodName } from './names.ts'
import type { Outcome } from './operations/definition.ts'

/** Address, credentials and timeout of the gateway, as command line options give them. */
export type GatewayOptions = GatewayRpcOpts

/** One call: the operation, its parameters, and how to reach the gateway. */
export interface GatewayCall {
  operation: string
  params: object
  options?: GatewayOptions
  signal?: AbortSignal
}

/** The outcome of an operation in the gateway; a gateway that cannot be reached is a failure like any other. */
export async function callGateway({ operation, params, options = {}, signal }: GatewayCall): Promise<Outcome> {
  try {
    const { callGatewayFromCli } = await import('openclaw/plugin-sdk/gateway-runtime')
    const answer: unknown = await callGatewayFromCli(methodName(operation), options, params, { progress: false, ...signal === undefined ? {} : { signal } })
    if (isOutcome(answer)) return answer
    throw new Error('the gateway answered with something else than an outcome; is its libp2p-mesh plugin of another version?')
  } catch (thrown) {
    const [reason = ''] = toError(thrown).message.trim().split('\n', 1) // the host's further lines repeat where it looked
    const error = new MeshError('NOT_RUNNING', `The gateway did not answer: ${reason} Start it with \`openclaw gateway run\`.`)
    return { details: failureDetails(error), text: failureText(error) }
  }
}

function isOutcome(answer: unknown): answer is Outcome {
  if (typeof answer !== 'object' || answer === null) return false
  const { details, text } = answer as Partial<Record<keyof Outcome, unknown>>
  return typeof text === 'string' && typeof details === 'object' && details !== null && typeof Reflect.get(details, 'ok') === 'boolean'
}
