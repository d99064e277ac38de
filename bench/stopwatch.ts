/** Times an action, once or many times in a row or at a time. */

/** Milliseconds that the action took. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** Milliseconds of each of `count` actions, one after the other. */
export async function timedEach(count: number, action: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  while (times.length < count) times.push(await timed(action))
  return times
}

/** Milliseconds of `count` actions with `width` of them running at a time. */
export async function timedAll({ count, width }: { count: number, width: number }, action: () => Promise<unknown>): Promise<number> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await action()
    }
  }
  return await timed(async () => await Promise.all(Array.from({ length: width }, worker)))
}
