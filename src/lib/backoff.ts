/** When to try again, and when to do what recurs: with jitter, so that many nodes never act in step. */

export interface BackoffInit {
  /** Delay after the first failure, in ms. */
  firstMs: number
  /** No delay is longer than this, in ms. */
  maxMs: number
}

/**
 * Exponential backoff with full jitter in its upper half: the delay before attempt `failures + 1`.
 *
 * @param failures how many attempts failed in a row (1 or more)
 * @param random a source of numbers in [0, 1)
 * @returns milliseconds between half of and the whole exponential step
 */
export function backoffDelay(init: BackoffInit, failures: number, random: () => number): number {
  const step = Math.min(init.maxMs, init.firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(step / 2 + random() * step / 2)
}

/** A delay between three and five quarters of an interval. */
export function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2)
}
