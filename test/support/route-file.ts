/** `instance-peer.json` as it lies in a node's state folder. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from './until.ts'

export const ROUTE_FILE = 'instance-peer.json'

/** The sequence numbers in the route file, by peer. */
export async function routesOnDisk(stateDir: string): Promise<Record<string, number>> {
  const text = await readFile(join(stateDir, ROUTE_FILE), 'utf8')
  const { instances } = JSON.parse(text) as { instances: Record<string, { peerId: string, seq: number }> }
  return Object.fromEntries(Object.values(instances).map(({ peerId, seq }) => [peerId, seq]))
}

/** Waits until the route file names the peer, so that a restart would find the way to it: routes are written every few seconds. */
export async function waitForRoute(stateDir: string, peerId: string): Promise<void> {
  await until(async () => peerId in await routesOnDisk(stateDir), { what: `${peerId} in the route file`, timeoutMs: 60_000 })
}
