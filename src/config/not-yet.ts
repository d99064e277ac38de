/** Settings that are part of the interface and that this version does not carry out: refused by name, never ignored. */

/** Keys of `config` that a later version brings; an issue that implements one takes it out of here and adds it to the schema. */
export const NOT_YET_KEYS: ReadonlySet<string> = new Set([
  'discoverRelays'
])
