import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { createKeeper } from '../support/keepers.ts'
import { alice, bob } from '../support/peers.ts'

describe('PeerKeeper: dialling', () => {
  it('is done at once for all who are not connected when the network is better', async () => {
    const { keeper, dials, connect, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    await last().fail()
    keeper.want(bob, 'approved')
    await last().fail()
    connect(bob)
    keeper.nudgeAll()
    assert.deepEqual(dials.map(({ peer }) => peer), [alice, bob, alice].map(String))
  })

  it('begins with start, for all who were wanted before', () => {
    const { keeper, dials } = createKeeper()
    keeper.want(alice, 'approved')
    keeper.want(bob, 'bootstrap', [multiaddr('/ip4/192.0.2.7/tcp/4001')])
    assert.equal(dials.length, 0)
    keeper.start()
    assert.deepEqual(dials.map(dial => [dial.peer, dial.addresses]), [[alice.toString(), []], [bob.toString(), ['/ip4/192.0.2.7/tcp/4001']]])
  })

  it('begins at once for a peer that is wanted from now on, once for all reasons', () => {
    const { keeper, dials } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    keeper.want(alice, 'messages')
    assert.equal(dials.length, 1)
  })

  it('leaves connected peers alone, and those that nobody wants', () => {
    const { keeper, dials, connect, disconnect, clock } = createKeeper()
    keeper.start()
    connect(alice)
    keeper.want(alice, 'approved')
    keeper.nudge(alice)
    keeper.nudge(bob)
    connect(bob)
    disconnect(bob)
    clock.advance(1e9)
    assert.equal(dials.length, 0)
  })

  it('tells who was not reached and why, and remembers that until the peer is connected', async () => {
    const { keeper, failures, connect, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    await last().fail()
    assert.deepEqual([failures, keeper.failureOf(alice.toString())?.message], [[`${alice.toString()}: refused`], 'refused'])
    connect(alice)
    assert.equal(keeper.failureOf(alice.toString()), undefined)
  })
})

describe('PeerKeeper: trying again', () => {
  /** The pauses between the first dials, all of which fail. */
  async function pauses(random: number, count: number): Promise<number[]> {
    const { keeper, clock, last } = createKeeper(random)
    keeper.start()
    keeper.want(alice, 'approved')
    const seen: number[] = []
    for (let attempt = 0; attempt < count; attempt++) {
      await last().fail()
      const [pause = assert.fail('it gave up')] = clock.pending
      seen.push(pause)
      clock.advance(pause)
    }
    return seen
  }

  it('backs off from a second to five minutes', async () => {
    assert.deepEqual(await pauses(0.999_999_999, 11), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000])
  })

  it('spreads the pauses over their upper half', async () => {
    assert.deepEqual(await pauses(0, 10), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000])
  })

  it('goes on for as long as it takes', async () => {
    const { keeper, clock, dials, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    for (let attempt = 1; attempt <= 2_000; attempt++) {
      assert.equal(dials.length, attempt)
      await last().fail()
      clock.advance(300_000)
    }
  })

  it('begins with the short pause again after a connection', async () => {
    const { keeper, clock, last, disconnect, dials } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    for (let attempt = 0; attempt < 5; attempt++) {
      await last().fail()
      clock.advance(300_000)
    }
    await last().succeed()
    assert.deepEqual(clock.pending, [])
    disconnect(alice)
    assert.deepEqual(clock.pending, [1_000])
    clock.advance(1_000)
    assert.equal(dials.length, 7)
  })

  it('stops when the peer connects by itself', async () => {
    const { keeper, clock, dials, last, connect } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    await last().fail()
    connect(alice)
    clock.advance(1e9)
    assert.equal(dials.length, 1)
  })

  it('happens at once when the peer was heard of, and never twice at a time', async () => {
    const { keeper, clock, dials, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    await last().fail()
    keeper.nudge(alice)
    keeper.nudge(alice)
    clock.advance(10_000)
    assert.equal(dials.length, 2)
  })
})

describe('PeerKeeper: letting go', () => {
  it('happens with the last reason', async () => {
    const { keeper, clock, dials, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    keeper.want(alice, 'messages')
    await last().fail()
    keeper.unwant(alice, 'messages')
    clock.advance(1_000)
    assert.equal(dials.length, 2)
    await last().fail()
    keeper.unwant(alice, 'approved')
    assert.deepEqual(clock.pending, [])
    clock.advance(1e9)
    assert.equal(dials.length, 2)
  })

  it('is heeded when a dial that was under way fails', async () => {
    const { keeper, clock, dials, last } = createKeeper()
    keeper.start()
    keeper.want(alice, 'messages')
    keeper.unwant(alice, 'messages')
    await last().fail()
    clock.advance(1e9)
    assert.equal(dials.length, 1)
  })

  it('and wanting again during a dial does not lead to two of them for ever after', async () => {
    const { keeper, clock, dials } = createKeeper()
    keeper.start()
    for (let change = 0; change < 3; change++) {
      keeper.want(alice, 'messages')
      keeper.unwant(alice, 'messages')
    }
    keeper.want(alice, 'messages')
    for (const dial of dials) await dial.fail()
    assert.equal(clock.pending.length, 1)
    keeper.unwant(alice, 'messages')
    assert.deepEqual(clock.pending, [])
  })

  it('is what stop does with all peers, a dial under way included', async () => {
    const { keeper, clock, dials } = createKeeper()
    keeper.start()
    keeper.want(alice, 'approved')
    keeper.want(bob, 'approved')
    await dials[0]?.fail()
    keeper.stop()
    keeper.stop()
    await dials[1]?.fail()
    clock.advance(1e9)
    keeper.nudge(alice)
    assert.equal(dials.length, 2)
  })

  it('ends with the next start', () => {
    const { keeper, dials } = createKeeper()
    keeper.start()
    keeper.stop()
    keeper.want(alice, 'approved')
    keeper.start()
    assert.deepEqual(dials.map(dial => dial.peer), [alice.toString()])
  })
})
