/** JSON values, and the little that tests do with them. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `over` on top of `base`, object by object; arrays and plain values are replaced. */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  const result: JsonObject = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = result[key]
    result[key] = isJsonObject(below) && isJsonObject(value) ? merge(below, value) : value
  }
  return result
}
