/** Two gateways that are linked by a ticket, as their owners do it in terminals, and what each then shows of the other. */

import assert from 'node:assert/strict'
import { peerIdOf } from './couple.ts'
import type { Gateway } from './gateway.ts'
import type { JsonObject } from './json.ts'

const NOTICE_TIMEOUT_MS = 240_000

/** What a list of peers says about one, as far as an invitation matters to it. */
export interface Pairing {
  alias: unknown
  approved: unknown
  connected: unknown
  path: unknown
  safetyWords: unknown
}

/** Joins with a ticket that the inviter gave out under `name`, given on standard input; returns the words that both sides told. */
export async function joinWith(ticket: string, { inviter, joiner, name }: { inviter: Gateway, joiner: Gateway, name: string }): Promise<string[]> {
  const from = inviter.log.position
  const [inviterId, joinerId] = [await peerIdOf(inviter), await peerIdOf(joiner)]
  const { code, stdout, output } = await joiner.cli(['p2p', 'join'], { input: `${ticket}\n` })
  assert.equal(code, 0, output)
  const [, words = ''] = new RegExp(`^Joined \\S+ \\(${inviterId}\\); both sides have approved each other[^]*Safety words: (\\w+ \\w+ \\w+ \\w+)\\.`).exec(stdout) ?? []
  const [notice] = await inviter.waitForLog(new RegExp(`${name} \\(${joinerId}\\) has joined with your ticket.*`), { timeoutMs: NOTICE_TIMEOUT_MS, from })
  assert.ok(words !== '' && notice.includes(words), `${stdout}\n${notice}`)
  return words.split(' ')
}

/** What `openclaw p2p peers` says about a peer. */
export async function pairingWith(gateway: Gateway, peerId: string): Promise<Pairing> {
  const { peers } = await gateway.cliJson(['p2p', 'peers']) as { peers: JsonObject[] }
  const peer = peers.find(entry => entry['peerId'] === peerId) ?? assert.fail(`${gateway.name} knows nothing of ${peerId}`)
  return { alias: peer['alias'], approved: peer['approved'], connected: peer['connected'], path: peer['path'], safetyWords: peer['safetyWords'] }
}
