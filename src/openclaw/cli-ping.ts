/** Pings in a row in the terminal, a line each, so that one sees the path change from the relay to a direct one. */
import { MeshError } from '../lib/errors.ts'
import { failureDetails, failureText, type SuccessDetails } from './details.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { Outcome } from './operations/definition.ts'

/** What the pings work with. */
export interface PingInit {
  recipient: string
  /** Exactly so many; without it until one is direct, ten at most. */
  count?: number
  call: (call: GatewayCall) => Promise<Outcome>
  show: (line: string) => void
  pause: (ms: number) => Promise<void>
}

/** A punched path is there within seconds. */
const DEFAULT_COUNT = 10
const INTERVAL_MS = 1_000

/** One ping as `--json` reports it: its details, or the failure. */
type PingEntry = Record<string, unknown>

/** Pings; the outcome is that of the last one, with all of them as `pings`. */
export async function runPing(init: PingInit): Promise<Outcome> {
  if (init.count !== undefined && !(Number.isInteger(init.count) && init.count > 0)) {
    const error = new MeshError('INVALID_ARGUMENT', '--count takes a whole number from 1 on')
    return { details: failureDetails(error), text: failureText(error) }
  }
  const pings: PingEntry[] = []
  let path = ''
  for (;;) {
    const outcome = await init.call({ operation: 'ping', params: { to: init.recipient } })
    const { details, text } = outcome
    const { ok: _ok, ...entry } = details
    pings.push(entry)
    const isOver = isEnd(init, pings)
    if (!details.ok && (isOver || pings.length === 1 || details.error.code !== 'UNREACHABLE')) return outcome
    if (details.ok) {
      const now = String(details['path'])
      if (path !== '' && now !== path) init.show(`Path: ${path} -> ${now}`)
      path = now
    }
    init.show(text)
    if (details.ok && isOver) return { details: { ...details, pings }, text: lastWord(details) }
    await init.pause(INTERVAL_MS)
  }
}

function isEnd({ count }: PingInit, pings: readonly PingEntry[]): boolean {
  return pings.length >= (count ?? DEFAULT_COUNT) || (count === undefined && pings.at(-1)?.['path'] === 'direct')
}

function lastWord({ path }: SuccessDetails): string {
  return path === 'relay' ? 'Still through a relay; `openclaw p2p doctor` says why and what to do.' : ''
}
