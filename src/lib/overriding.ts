/** Gives a service of the library parts that behave a little differently from the node's own. */

/** `target` with some methods of its own; all others are the target's. */
export function overriding<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get: (_, key): unknown => {
      const value: unknown = Reflect.get(key in own ? own : target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
  })
}
