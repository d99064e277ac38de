/** Waits for a condition by asking again and again until a deadline, so that no test sleeps and hopes. */

import { setTimeout as delay } from 'node:timers/promises'

export interface UntilOptions {
  /** What is waited for, as it reads in the error: "alice to see bob". */
  what: string
  timeoutMs: number
  /** @default 100 */
  intervalMs?: number
  signal?: AbortSignal
}

/**
 * Resolves with the first value of `probe` that is not `undefined` or `false`. A probe that throws counts as
 * "not yet"; its last error is the cause of the error that the deadline brings.
 */
export async function until<T>(probe: () => T | Promise<T>, options: UntilOptions): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + options.timeoutMs
  let lastError: unknown
  while (true) {
    options.signal?.throwIfAborted()
    try {
      const value = await probe()
      if (value !== undefined && value !== null && value !== false) {
        return value as NonNullable<Exclude<T, false>>
      }
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (Date.now() >= deadline) {
      throw new Error(`Waited ${options.timeoutMs} ms in vain for ${options.what}${because(lastError)}`, { cause: lastError })
    }
    await delay(options.intervalMs ?? 100)
  }
}

function because(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : ''
}
