import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { ANNOUNCES_PER_HOUR, ANNOUNCE_COALESCE_MS, ANNOUNCE_INTERVAL_MS, MAX_ANNOUNCED_ADDRESSES } from '../../src/config/limits.ts'
import { openAnnounce, type Announce } from '../../src/protocols/announce.ts'
import { Announcer, type AnnouncerInit } from '../../src/routes/announcer.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { testConnection } from '../support/links.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { alice, bob } from '../support/peers.ts'
import { Recorder } from '../support/recorder.ts'
import { FAR_BOOT, keyedPeer, NEAR_BOOT } from '../support/routes.ts'

const us = await keyedPeer(9)
const PUBLIC = ['/ip4/45.33.1.1/tcp/4001', '/dns4/mesh.example.org/tcp/443/wss']
const PRIVATE = ['/ip4/192.168.1.5/tcp/4001', '/ip6/fd00::5/tcp/4001']
const LOOPBACK = ['/ip4/127.0.0.1/tcp/4001']
const LINK_LOCAL = ['/ip4/169.254.1.1/tcp/4001', '/ip6/fe80::1/tcp/4001', '/ip4/0.0.0.0/tcp/4001']
const card = { description: 'Knows the office', skills: ['printer'] }

interface Sent {
  to: string
  record: Uint8Array
}

function announcing(more: Partial<AnnouncerInit> = {}) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const sent = new Recorder<Sent>()
  const linked: Array<{ peerId: PeerId, connection: Connection }> = []
  /** How much was sent before others were to be linked. */
  const askedToLink: number[] = []
  let sequence = 0
  const announcer = new Announcer({
    instanceName: 'office-mac', card, bootId: NEAR_BOOT, privateKey: us.key, clock, log,
    isWelcome: () => true,
    addresses: () => [...LINK_LOCAL, ...LOOPBACK, ...PRIVATE, ...PUBLIC].map(text => multiaddr(text)),
    isApproved: peerId => peerId.equals(alice),
    linkedPeers: () => linked,
    linkOthers: () => { askedToLink.push(sent.items.length) },
    send: (peerId, record) => {
      sent.add({ to: peerId.toString(), record })
      return true
    },
    nextSequence: () => ++sequence,
    ...more
  })
  const link = (...peerIds: PeerId[]): void => { for (const peerId of peerIds) linked.push({ peerId, connection: testConnection(peerId) }) }
  const told = async (count: number): Promise<string[]> => {
    await sent.waitFor(`${count} records`, all => all.length >= count)
    return sent.items.map(({ to }) => to)
  }
  return { announcer, clock, log, sent, link, told, askedToLink, sequence: () => sequence }
}

const names = (...peerIds: PeerId[]): string[] => peerIds.map(peerId => peerId.toString())

/** What the peer is told over such a connection. */
async function toldTo(peerId: PeerId, init: Parameters<typeof testConnection>[1] = {}, more: Partial<AnnouncerInit> = {}): Promise<Announce | undefined> {
  const { announcer, sent } = announcing(more)
  await announcer.announceTo(peerId, testConnection(peerId, init))
  assert.ok(sent.items.length <= 1)
  const [first] = sent.items
  return first === undefined ? undefined : await openAnnounce(first.record, us.peerId)
}

const texts = (announce: Announce | undefined): string[] | undefined => announce?.addrs.map(String)

describe('what a peer is told', () => {
  it('is name, run and public addresses for a stranger, and no card', async () => {
    const announce = await toldTo(bob)
    assert.deepEqual({ ...announce, addrs: texts(announce) },
      { instanceName: 'office-mac', bootId: NEAR_BOOT, recipientBootIds: [], seq: 1, addrs: PUBLIC })
  })

  it('is private addresses and the card too for an approved peer', async () => {
    const announce = await toldTo(alice)
    assert.deepEqual([texts(announce), announce?.card], [[...PRIVATE, ...PUBLIC], card])
  })

  it('is no card where there is none', async () => {
    assert.equal((await toldTo(alice, {}, { card: undefined }))?.card, undefined)
  })

  it('is loopback addresses on this machine only', async () => {
    assert.deepEqual(texts(await toldTo(bob, { host: '127.0.0.1' })), [...LOOPBACK, ...PUBLIC])
    assert.deepEqual(texts(await toldTo(alice, { host: '127.0.0.1' })), [...LOOPBACK, ...PRIVATE, ...PUBLIC])
    assert.deepEqual(texts(await toldTo(alice, { host: '192.168.1.6' })), [...PRIVATE, ...PUBLIC])
  })

  it('is no loopback address where only the relay is on this machine', async () => {
    assert.deepEqual(texts(await toldTo(bob, { host: '127.0.0.1', isRelayed: true })), PUBLIC)
  })

  it('is so many addresses at most, those that are for it', async () => {
    const many = Array.from({ length: MAX_ANNOUNCED_ADDRESSES + 3 }, (_, index) => `/ip4/45.33.1.1/tcp/${index + 1}`)
    const announce = await toldTo(bob, {}, { addresses: () => [...PRIVATE, ...many].map(text => multiaddr(text)) })
    assert.deepEqual(texts(announce), many.slice(0, MAX_ANNOUNCED_ADDRESSES))
  })

  it('is nothing for a peer that is not welcome', async () => {
    const isWelcome = (peerId: PeerId): boolean => peerId.equals(alice)
    assert.equal(await toldTo(bob, {}, { isWelcome }), undefined)
    assert.deepEqual((await toldTo(alice, {}, { isWelcome }))?.card, card)
  })

  it('is which runs of its key are heard, where there are several', async () => {
    const { announcer, sent } = announcing()
    await announcer.announceTo(bob, testConnection(bob), [NEAR_BOOT, FAR_BOOT])
    assert.deepEqual((await openAnnounce(sent.items[0]?.record ?? new Uint8Array(), us.peerId)).recipientBootIds, [NEAR_BOOT, FAR_BOOT])
  })

  it('has a sequence number of its own in every record', async () => {
    const { announcer, sent } = announcing()
    for (const peerId of [alice, bob, alice]) await announcer.announceTo(peerId, testConnection(peerId))
    const records = await Promise.all(sent.items.map(async ({ record }) => await openAnnounce(record, us.peerId)))
    assert.deepEqual(records.map(({ seq }) => seq), [1, 2, 3])
  })
})

describe('when peers are told', () => {
  it('is once for changes that come together', async () => {
    const { announcer, clock, link, told } = announcing()
    link(alice, bob)
    announcer.start()
    announcer.handleChange()
    announcer.handleChange()
    assert.deepEqual(clock.pending, [ANNOUNCE_COALESCE_MS])
    clock.advance(ANNOUNCE_COALESCE_MS)
    assert.deepEqual(await told(2), names(alice, bob))
    assert.deepEqual(clock.pending, [ANNOUNCE_INTERVAL_MS])
  })

  it('is now and then without a change, again and again', async () => {
    const { announcer, clock, link, told } = announcing()
    link(alice)
    announcer.start()
    clock.advance(ANNOUNCE_INTERVAL_MS - 1)
    assert.deepEqual(await told(0), [])
    clock.advance(1)
    assert.deepEqual(await told(1), names(alice))
    link(bob)
    clock.advance(ANNOUNCE_INTERVAL_MS)
    assert.deepEqual(await told(3), names(alice, alice, bob))
  })

  it('is still later when a telling failed, which the log says', async () => {
    let failures = 1
    const { announcer, clock, log, link, told } = announcing({ addresses: () => {
      if (failures-- > 0) throw new Error('no addresses')
      return []
    } })
    link(alice)
    announcer.start()
    clock.advance(ANNOUNCE_INTERVAL_MS)
    await log.waitFor(/^Peers could not be told who we are: no addresses/)
    clock.advance(ANNOUNCE_INTERVAL_MS)
    assert.deepEqual(await told(1), names(alice))
  })

  it('is after those without a stream were to get one, too', async () => {
    const { announcer, clock, link, told, askedToLink, sent } = announcing()
    link(alice, bob)
    announcer.start()
    clock.advance(ANNOUNCE_INTERVAL_MS)
    await told(2)
    await sent.waitFor('others to be linked', () => askedToLink.length > 0)
    assert.deepEqual(askedToLink, [2])
  })

  it('is so many times an hour at most, each peer for itself', async () => {
    const { announcer, clock, sent, sequence } = announcing()
    for (let count = 0; count < 2 * ANNOUNCES_PER_HOUR; count++) await announcer.announceTo(bob, testConnection(bob))
    assert.deepEqual([sent.items.length, sequence()], [ANNOUNCES_PER_HOUR, ANNOUNCES_PER_HOUR])
    await announcer.announceTo(alice, testConnection(alice))
    clock.advance(3_600_000 / ANNOUNCES_PER_HOUR)
    await announcer.announceTo(bob, testConnection(bob))
    assert.equal(sent.items.length, ANNOUNCES_PER_HOUR + 2)
  })

  it('is once more, with one record for all that are welcome, when the instance goes', async () => {
    const { announcer, sent, link, clock } = announcing({ isWelcome: peerId => peerId.equals(alice) || peerId.equals(us.peerId) })
    link(alice, bob, us.peerId)
    announcer.start()
    await announcer.leave()
    assert.deepEqual(sent.items.map(({ to }) => to), names(alice, us.peerId))
    const [first, second] = sent.items
    assert.equal(first?.record, second?.record)
    const { instanceName, seq, addrs, card: told, isLeaving } = await openAnnounce(first?.record ?? new Uint8Array(), us.peerId)
    assert.deepEqual({ instanceName, seq, addrs, told, isLeaving }, { instanceName: 'office-mac', seq: 1, addrs: [], told: undefined, isLeaving: true })
    await announcer.announceTo(alice, testConnection(alice))
    await announcer.leave()
    assert.deepEqual([sent.items.length, clock.pending], [2, []])
  })

  it('is never after stop', async () => {
    const { announcer, clock, link, sent, sequence } = announcing()
    link(alice)
    announcer.start()
    announcer.handleChange()
    announcer.stop()
    announcer.stop()
    announcer.handleChange()
    await announcer.announceTo(alice, testConnection(alice))
    assert.deepEqual([clock.pending, sent.items, sequence()], [[], [], 0])
  })

  it('ends with stop for those who were about to be told', async () => {
    const { announcer, sent } = announcing()
    const telling = announcer.announceTo(alice, testConnection(alice))
    announcer.stop()
    await telling
    assert.deepEqual(sent.items, [])
  })
})

describe('a record for all', () => {
  const FOR_ALL = { isLocal: false, expiresAt: 5_000 }

  it('tells what a stranger is told, and until when', async () => {
    const { announcer } = announcing()
    const announce = await openAnnounce(await announcer.recordForAll(FOR_ALL) ?? new Uint8Array(), us.peerId)
    assert.deepEqual({ ...announce, addrs: texts(announce) },
      { instanceName: 'office-mac', bootId: NEAR_BOOT, recipientBootIds: [], seq: 1, addrs: PUBLIC, expiresAt: 5_000 })
  })

  it('tells loopback addresses where the mesh is on one machine', async () => {
    const { announcer } = announcing({ addresses: () => LOOPBACK.map(text => multiaddr(text)) })
    const announce = await openAnnounce(await announcer.recordForAll({ ...FOR_ALL, isLocal: true }) ?? new Uint8Array(), us.peerId)
    assert.deepEqual(texts(announce), LOOPBACK)
  })

  it('is none without an address to tell, and none after a stop', async () => {
    const { announcer: hidden } = announcing({ addresses: () => PRIVATE.map(text => multiaddr(text)) })
    const { announcer: stopped } = announcing()
    stopped.stop()
    assert.deepEqual([await hidden.recordForAll(FOR_ALL), await stopped.recordForAll(FOR_ALL)], [undefined, undefined])
  })
})
