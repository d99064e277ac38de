/** Runs a relay in this process until a signal ends it. */
import { CONFIG_DEFAULTS } from '../config/defaults.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { Relay } from '../relay.ts'
import type { RelayOptions } from './arguments.ts'
import { report, type RelayEvent, type Terminal } from './report.ts'

export interface RunRelayInit {
  options: RelayOptions
  version: string
  terminal: Terminal
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Resolves with the exit code. */
export async function runRelay({ options, version, terminal }: RunRelayInit): Promise<number> {
  const tell = (event: RelayEvent): void => { report(event, terminal, options) }
  const { listenAddrs, announceAddrs, dataDir, networkKeyFile } = options
  const relay = new Relay({
    listenAddrs, announceAddrs, dataDir, networkKeyFile, version, limits: CONFIG_DEFAULTS.relayLimits, log: logTo(tell),
    onHealth: (stats) => { tell({ event: 'health', ...stats }) }
  })
  const signal = nextSignal()
  try {
    const place = await relay.start()
    tell({ event: 'started', ...place })
    if (!place.isPublic) tell({ event: 'warning', message: noPublicAddress(place.listenAddrs) })
    tell({ event: 'stopping', signal: await signal })
    if (relay.stats !== undefined) tell({ event: 'health', ...relay.stats })
    await relay.stop()
    tell({ event: 'stopped' })
    return 0
  } catch (error) {
    tell({ event: 'error', message: toError(error).message })
    return 1
  }
}

/** The first signal to stop; a second one ends the process at once, as it does without us. */
async function nextSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  for (const name of SIGNALS) process.once(name, resolve)
  const signal = await promise
  for (const name of SIGNALS) process.off(name, resolve)
  return signal
}

function noPublicAddress(listenAddrs: string[]): string {
  const example = listenAddrs.find(address => address.startsWith('/ip4/'))?.replace(/^\/ip4\/[^/]+/, '/ip4/<public IP address>')
  return `this machine has no public address of its own, so only its own network can use these. If its provider maps a public address ` +
    `to it, tell it with --announce ${example ?? '/ip4/<public IP address>/tcp/4001'}`
}

/** Ordinary life of the node is in the events. */
function logTo(tell: (event: RelayEvent) => void): Logger {
  const drop = (): void => undefined
  const warn = (message: string): void => { tell({ event: 'warning', message }) }
  return { debug: drop, info: drop, warn, error: warn }
}
