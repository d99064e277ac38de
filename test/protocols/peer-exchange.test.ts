import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_HINTS, MAX_HINT_ADDRESSES, MAX_PEER_LIST_BYTES, PEER_LISTS_PER_HOUR } from '../../src/config/limits.ts'
import { PeerList } from '../../src/protocols/pb/peers.ts'
import { decodePeerList, encodePeerList, InvalidPeerListError, PeerExchange, PEER_EXCHANGE_PROTOCOL, type PeerHint } from '../../src/protocols/peer-exchange.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { silentLogger, testConnection } from '../support/links.ts'
import { alice, bob, carol, testPeerId } from '../support/peers.ts'
import { FarEnd, plainPair } from '../support/streams.ts'

const ADDRESS = multiaddr('/ip4/45.33.0.7/tcp/4001')
const HINT: PeerHint = { peerId: carol, addresses: [ADDRESS] }
const texts = (hints: readonly PeerHint[]) => hints.map(({ peerId, addresses }) => [peerId.toString(), addresses.map(String)])
const forever = new AbortController().signal

interface Started {
  exchange: PeerExchange
  clock: FakeClock
  /** Somebody asks. */
  accept: () => Promise<FarEnd>
  isListening: () => boolean
}

/** A started exchange that tells `hints`. */
async function started(hints: PeerHint[] = []): Promise<Started> {
  let handler: StreamHandler | undefined
  const clock = new FakeClock()
  const exchange = new PeerExchange({
    logger: silentLogger(),
    registrar: {
      handle: async (protocol, given) => {
        assert.equal(protocol, PEER_EXCHANGE_PROTOCOL)
        handler = given
      },
      unhandle: async () => { handler = undefined }
    }
  }, { hintsFor: () => hints, now: clock.now })
  await exchange.start()
  const accept = async (): Promise<FarEnd> => {
    const [far, near] = await plainPair()
    await handler?.(near, testConnection(bob))
    return new FarEnd(far)
  }
  return { exchange, clock, accept, isListening: () => handler !== undefined }
}

/** A connection over which one stream can be opened, and the other end of that. */
async function askable(): Promise<{ connection: Connection, near: Stream, far: FarEnd }> {
  const [near, far] = await plainPair()
  return { connection: testConnection(alice, { newStream: async () => await Promise.resolve(near) }), near, far: new FarEnd(far) }
}

describe('a peer list', () => {
  it('comes out as it went in', () => {
    assert.deepEqual(texts(decodePeerList(encodePeerList([HINT, { peerId: bob, addresses: [] }]))), texts([HINT, { peerId: bob, addresses: [] }]))
  })

  it('of an honest peer keeps the bounds, however much it knows', async () => {
    const addresses = Array<typeof ADDRESS>(20).fill(ADDRESS)
    const many = await Promise.all(Array.from({ length: MAX_HINTS + 5 }, async (_, index) => ({ peerId: await testPeerId(index), addresses })))
    const hints = decodePeerList(encodePeerList(many))
    assert.deepEqual([hints.length, ...new Set(hints.map(hint => hint.addresses.length))], [MAX_HINTS, MAX_HINT_ADDRESSES])
  })

  const addrs = [Uint8Array.from(ADDRESS.bytes)]
  const tooMany = Array.from({ length: MAX_HINT_ADDRESSES + 1 }, () => Uint8Array.from(ADDRESS.bytes))
  const lies: Record<string, Uint8Array> = {
    'too many peers': PeerList.encode({ peers: Array.from({ length: MAX_HINTS + 1 }, () => ({ peerId: carol.toString(), addrs })) }),
    'too many addresses': PeerList.encode({ peers: [{ peerId: carol.toString(), addrs: tooMany }] }),
    'a peer ID that is none': PeerList.encode({ peers: [{ peerId: '12D3KooW\u001b[31m', addrs }] }),
    'an address that is none': PeerList.encode({ peers: [{ peerId: carol.toString(), addrs: [Uint8Array.of(255, 255)] }] }),
    'no protobuf': Uint8Array.of(0xff, 0xff, 0xff)
  }
  for (const [name, bytes] of Object.entries(lies)) it(`with ${name} is refused`, () => { assert.throws(() => decodePeerList(bytes), InvalidPeerListError) })

  it('names each peer once', () => {
    const peers = [{ peerId: carol.toString(), addrs: [] }, { peerId: carol.toString(), addrs }]
    assert.deepEqual(texts(decodePeerList(PeerList.encode({ peers }))), texts([HINT]))
  })
})

describe('PeerExchange', () => {
  it('answers whoever asks with what that peer is told', async () => {
    const { accept } = await started([HINT])
    const far = await accept()
    assert.deepEqual(texts(decodePeerList(await far.frames.first())), texts([HINT]))
    await far.writeClosed.first()
  })

  it('answers nobody who asks too often, until the hour is over', async () => {
    const { accept, clock } = await started([HINT])
    for (let count = 0; count < PEER_LISTS_PER_HOUR; count++) await (await accept()).frames.first()
    assert.equal(await (await accept()).ended.first(), 'reset')
    clock.advance(3_600_000)
    await (await accept()).frames.first()
  })

  it('asks, and closes the stream', async () => {
    const { exchange } = await started()
    const { connection, far } = await askable()
    far.send(encodePeerList([HINT]))
    assert.deepEqual(texts(await exchange.ask(connection, { signal: forever })), texts([HINT]))
    await far.writeClosed.first()
  })

  it('takes no answer that is malformed, too long, or cut off', async () => {
    const answers: Record<string, (far: FarEnd) => void> = {
      malformed: (far) => { far.send(Uint8Array.of(0xff, 0xff)) },
      'too long': (far) => { far.send(new Uint8Array(MAX_PEER_LIST_BYTES + 1)) },
      'cut off': (far) => { far.stream.abort(new Error('enough')) }
    }
    for (const [name, answer] of Object.entries(answers)) {
      const { exchange } = await started()
      const { connection, near, far } = await askable()
      answer(far)
      await assert.rejects(exchange.ask(connection, { signal: forever }), Error, name)
      assert.notEqual(near.status, 'open', name)
    }
  })

  it('does not wait for a peer that stalls longer than it is told, nor when it stops', async () => {
    const { exchange, isListening } = await started()
    const patience = new AbortController()
    const impatient = await askable()
    const asking = assert.rejects(exchange.ask(impatient.connection, { signal: patience.signal }))
    patience.abort(new Error('enough'))
    await asking
    const stopped = await askable()
    const waiting = assert.rejects(exchange.ask(stopped.connection, { signal: forever }))
    await exchange.stop()
    await waiting
    assert.deepEqual([impatient.near.status, stopped.near.status, isListening()], ['aborted', 'aborted', false])
  })
})
