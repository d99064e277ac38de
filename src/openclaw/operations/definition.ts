/** The shape of an operation: one thing that a user can do, from which tool, gateway method and command are made. */
import Type from 'typebox'
import type { Static, TObject, TProperties } from 'typebox'
import { checkShape } from '../../config/validate.ts'
import { MAX_LOGGED_CHARACTERS } from '../../config/limits.ts'
import { errorLine, toMeshError } from '../../lib/errors.ts'
import { oneLine } from '../../lib/text.ts'
import type { Audience, MeshApi } from '../../mesh-api.ts'
import { failureDetails, failureText, type Details } from '../details.ts'
import type { Host } from '../host.ts'

/** What an operation works with. */
export interface OperationContext {
  mesh: MeshApi
  host: Host
  audience: Audience
  /** How many agents the conversation behind this call passed through. */
  hops: number
}

/** Details for programs and the same as text for people and agents. */
export interface Outcome {
  details: Details
  text: string
}

/** How an operation appears as a tool. */
export interface ToolFace {
  name: string
  label: string
  description: string
  /** The result carries text that peers wrote. */
  carriesPeerText?: boolean
  /** How long a call may take, where that depends on its parameters. */
  timeoutMs?: (params: unknown) => number | undefined
}

/** The right that a caller of the gateway method needs. */
export type Scope = 'operator.read' | 'operator.write' | 'operator.admin'

/** One thing that a user can do. */
export interface Operation {
  name: string
  tool?: ToolFace
  /** Absent: tool only. */
  scope?: Scope
  /** What an agent may pass. */
  parameters: TObject
  /** Never throws: a failure is an outcome too. */
  run: (context: OperationContext, params: unknown) => Promise<Outcome>
}

type Given<P extends TProperties, O extends TProperties> = Static<TObject<P>> & Partial<Static<TObject<O>>>

interface Definition<P extends TProperties, O extends TProperties, R extends object> {
  name: string
  tool?: ToolFace
  scope?: Scope
  parameters: TObject<P>
  /** Parameters that only the owner may pass, besides the others. */
  ownerParameters?: TObject<O>
  run: (context: OperationContext, params: Given<P, O>) => Promise<R>
  /** The result for people and agents. */
  text: (result: R, audience: Audience, params: Given<P, O>) => string
}

/** An operation whose parameters are checked before it runs and whose errors become results. */
export function defineOperation<P extends TProperties, O extends TProperties, R extends object>(definition: Definition<P, O, R>): Operation {
  const { name, tool, scope, parameters, ownerParameters } = definition
  return {
    name,
    ...tool === undefined ? {} : { tool },
    ...scope === undefined ? {} : { scope },
    parameters,
    run: async (context, params) => {
      try {
        const own = take(parameters, params, name)
        const owners = context.audience === 'owner' && ownerParameters !== undefined ? take(ownerParameters, params, name) : {}
        const given = { ...own, ...owners }
        const result = await definition.run(context, given)
        return { details: { ok: true, ...result }, text: definition.text(result, context.audience, given) }
      } catch (thrown) {
        const error = toMeshError(thrown)
        context.host.log[error.code === 'INTERNAL' ? 'error' : 'info'](`${name} failed: ${oneLine(errorLine(error), MAX_LOGGED_CHARACTERS)}`)
        return { details: failureDetails(error), text: failureText(error) }
      }
    }
  }
}

/** The parameters that the schema knows, checked; what else was passed is left out, so that nobody passes for somebody with more rights. */
function take<P extends TProperties>(schema: TObject<P>, params: unknown, name: string): Static<TObject<P>> {
  const given = checkShape(schema, params ?? {}, name)
  return Object.fromEntries(Object.entries(given).filter(([key]) => Object.hasOwn(schema.properties, key))) as Static<TObject<P>>
}

/** No parameters. */
export const NONE = Type.Object({})
