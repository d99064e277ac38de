/** Checks a value from the configuration file against a schema, with errors that name key, value and expectation. */
import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { MeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'

type SchemaError = ReturnType<typeof Errors>[number]

const SHOWN_VALUE_CHARACTERS = 120

/**
 * The value, proven to be of the schema's type.
 *
 * @param path how the owner finds the value, e.g. `channels["libp2p-mesh"]`
 * @throws MeshError `INVALID_ARGUMENT`
 */
export function checkShape<T extends TSchema>(schema: T, value: unknown, path: string): Static<T> {
  if (Check(schema, value)) return value
  const errors = Errors(schema, value)
  const unknown = errors.find(error => error.keyword === 'additionalProperties')
  if (unknown !== undefined) throw unknownKey(unknown, path)
  const deepest = errors.reduce((found, error) => depth(error) > depth(found) ? error : found)
  const expected = errors.filter(error => error.instancePath === deepest.instancePath).map(expectationOf)
  throw badValue(path + dotted(deepest.instancePath), valueAt(value, deepest.instancePath), [...new Set(expected)].filter(Boolean).join(' or '))
}

/** The error for one bad value; `path` names key and index. */
export function badValue(path: string, value: unknown, expected: string): MeshError {
  return new MeshError('INVALID_ARGUMENT', `${path}: ${shown(value)} is not accepted; expected ${expected}`)
}

function unknownKey(error: SchemaError, path: string): MeshError {
  const keys = error.keyword === 'additionalProperties' ? error.params.additionalProperties : []
  const names = keys.map(key => `"${oneLine(key, SHOWN_VALUE_CHARACTERS)}"`).join(', ')
  return new MeshError('INVALID_ARGUMENT', `${path}${dotted(error.instancePath)}: unknown key ${names}; see the configuration table of the README`)
}

function expectationOf(error: SchemaError): string {
  if (error.keyword === 'anyOf') return '' // its branches say what they expect
  if (error.keyword === 'type') return typeName(error.params.type)
  if (error.keyword === 'enum') return `one of ${error.params.allowedValues.map(value => JSON.stringify(value)).join(', ')}`
  if (error.keyword === 'minimum' || error.keyword === 'maximum') return `a number ${error.params.comparison} ${String(error.params.limit)}`
  if (error.keyword === 'minLength') return `at least ${String(error.params.limit)} characters`
  if (error.keyword === 'maxLength') return `at most ${String(error.params.limit)} characters`
  if (error.keyword === 'maxItems') return `at most ${String(error.params.limit)} entries`
  return error.message
}

function typeName(type: unknown): string {
  if (type === 'integer') return 'a whole number'
  return `${type === 'array' || type === 'object' ? 'an' : 'a'} ${String(type)}`
}

function depth(error: SchemaError): number {
  return error.instancePath.split('/').length
}

function dotted(instancePath: string): string {
  return instancePath.split('/').slice(1).map(part => /^\d+$/.test(part) ? `[${part}]` : `.${part}`).join('')
}

function valueAt(value: unknown, instancePath: string): unknown {
  return instancePath.split('/').slice(1).reduce<unknown>((at, part) => {
    if (Array.isArray(at)) return at[Number(part)] as unknown
    return typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined
  }, value)
}

function shown(value: unknown): string {
  return oneLine(value === undefined ? 'no value' : JSON.stringify(value), SHOWN_VALUE_CHARACTERS)
}
