import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CLOCK_TOLERANCE_MS, MAX_RECORD_BYTES, RECORD_LIFE_MS } from '../../src/config/dht-limits.ts'
import { agentIdOf } from '../../src/lib/agent-id.ts'
import { scopeOf } from '../../src/lib/reachable-address.ts'
import { instanceRecords, openRecord, recordKey } from '../../src/protocols/instance-record.ts'
import { FAR_BOOT, keyedPeer, recordOf } from '../support/routes.ts'

const [alice, bob] = await Promise.all([keyedPeer(1), keyedPeer(2)])
const NOW = Date.UTC(2030, 0, 1)
const PUBLIC = '/ip4/45.33.1.1/tcp/4001'
const RELAYED = `${PUBLIC}/p2p/${bob.peerId.toString()}/p2p-circuit`
const expiresAt = NOW + RECORD_LIFE_MS
const key = recordKey(agentIdOf(alice.peerId))
const rules = { isTold: (address: Multiaddr) => scopeOf(address) === 'public', now: () => NOW }

const good = await recordOf(alice, { addrs: [PUBLIC], expiresAt })
const tampered = Uint8Array.from(good)
tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1
const long = Array.from({ length: 16 }, (_, index) => `/dns4/${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}${String(index)}.org/tcp/1`)
const refused: Array<[string, Uint8Array, RegExp]> = [
  ['forged', tampered, /signature not valid/],
  ['of another key', await recordOf(bob, { addrs: [PUBLIC], expiresAt }), /another agent ID/],
  ['expired', await recordOf(alice, { addrs: [PUBLIC], expiresAt: NOW }), /expired/],
  ['meant to live for ever', await recordOf(alice, { addrs: [PUBLIC], expiresAt: expiresAt + CLOCK_TOLERANCE_MS + 1 }), /too long/],
  ['an announce for one peer', await recordOf(alice, { addrs: [PUBLIC] }), /for one peer/],
  ['an announce with a card', await recordOf(alice, { addrs: [PUBLIC], expiresAt, card: { description: 'x', skills: [] } }), /for one peer/],
  ['an announce about a copied key', await recordOf(alice, { addrs: [PUBLIC], expiresAt, recipientBootIds: [FAR_BOOT] }), /for one peer/],
  ['a goodbye', await recordOf(alice, { expiresAt, isLeaving: true }), /for one peer/],
  ['with a private address', await recordOf(alice, { addrs: [PUBLIC, '/ip4/192.168.1.5/tcp/4001'], expiresAt }), /private address/],
  ['oversize', await recordOf(alice, { addrs: long, expiresAt }), new RegExp(`record of \\d{4} bytes`)],
  ['garbage', new Uint8Array(100).fill(0xff), /signature not valid/]
]

describe('an instance record', () => {
  it('is a signed announce that lives for a time, with public and relayed addresses', async () => {
    const { peerId, announce } = await openRecord(key, await recordOf(alice, { seq: 7, addrs: [PUBLIC, RELAYED], expiresAt }), rules)
    assert.ok(peerId.equals(alice.peerId))
    assert.deepEqual([announce.instanceName, announce.seq, announce.addrs.map(String), announce.expiresAt], ['office-mac', 7, [PUBLIC, RELAYED], expiresAt])
  })

  for (const [what, record, why] of refused) {
    it(`is refused when it is ${what}`, async () => {
      if (what === 'oversize') assert.ok(record.byteLength > MAX_RECORD_BYTES)
      await assert.rejects(openRecord(key, record, rules), { name: 'InvalidAnnounceError', message: why })
      await assert.rejects(instanceRecords(rules.now).validate(key, record, rules.isTold), { name: 'InvalidAnnounceError' })
    })
  }

  it('has a key of its own form', async () => {
    for (const text of ['/mesh/', '/mesh/XYZ', '/pk/abcdefabcdefabcd', `/mesh/${agentIdOf(alice.peerId)}/more`]) {
      await assert.rejects(openRecord(new TextEncoder().encode(text), good, rules), { name: 'InvalidAnnounceError', message: /not a key/ })
    }
  })

  it('gives way to the one with the highest sequence number, and of equals the first is chosen', async () => {
    const { newest } = instanceRecords(rules.now)
    const [old, young] = await Promise.all([recordOf(alice, { seq: 7, expiresAt }), recordOf(alice, { seq: 9, expiresAt })])
    assert.deepEqual([newest([old, young]), newest([young, old]), newest([old, old]), newest([young])], [1, 0, 0, 0])
  })
})
