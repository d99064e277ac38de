/** Waits for a condition by asking again and again until a deadline, so that no test sleeps and hopes. */

import { setInterval } from 'node:timers/promises'

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
export async function until<T>(probe: () => T | Promise<T>, options: UntilOptions): Promise<Answer<T>> {
  const deadline = Date.now() + options.timeoutMs
  const attempt = await ask(probe)
  if ('value' in attempt) return attempt.value
  let { error } = attempt
  for await (const giveUp of ticks(deadline, options)) {
    if (giveUp) break
    const next = await ask(probe)
    if ('value' in next) return next.value
    error = next.error
  }
  throw new Error(`Waited ${options.timeoutMs} ms in vain for ${options.what}${because(error)}`, { cause: error })
}

/** Ticks until the deadline; the last tick is true. */
async function* ticks(deadline: number, { intervalMs = 100, signal }: UntilOptions): AsyncGenerator<boolean> {
  for await (const end of setInterval(intervalMs, deadline, { signal })) yield Date.now() >= end
}

type Answer<T> = NonNullable<Exclude<T, false>>

async function ask<T>(probe: () => T | Promise<T>): Promise<{ value: Answer<T> } | { error: unknown }> {
  try {
    const value = await probe()
    return isAnswer(value) ? { value } : { error: undefined }
  } catch (error) {
    return { error }
  }
}

function isAnswer<T>(value: T): value is Answer<T> {
  return value !== undefined && value !== null && value !== false
}

function because(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : ''
}
