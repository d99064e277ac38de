/** Does something a fixed number of times a second, whatever the event loop does in between. */

/** Ends when the last action was begun. */
export async function paced({ perSecond, forMs }: { perSecond: number, forMs: number }, action: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const start = performance.now()
  const total = perSecond * forMs / 1_000
  let begun = 0
  const timer = setInterval(() => {
    const due = Math.min(total, (performance.now() - start) / 1_000 * perSecond)
    for (; begun < due; begun++) action()
    if (begun >= total) resolve(undefined)
  }, 1)
  await promise
  clearInterval(timer)
}
