import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_BYTES_IN_FLIGHT, MAX_IN_FLIGHT } from '../../src/config/limits.ts'
import { createLane, upTo } from '../support/lanes.ts'

describe('Lane', () => {
  it('writes what is on disk, then what is offered, in the order of queueing', () => {
    const { lane, store, offer, written } = createLane()
    store(2)
    lane.pump()
    offer(1)
    lane.pump()
    assert.deepEqual(written, [1, 2, 3])
  })

  it('does not let a message that is offered overtake those on disk', () => {
    const { lane, store, offer, written } = createLane()
    store(200)
    offer(1)
    lane.pump()
    offer(1)
    lane.pump()
    assert.deepEqual(written, upTo(202))
  })

  it('has at most so many unacknowledged, and goes on with each answer', () => {
    const { lane, store, settle, written } = createLane()
    store(MAX_IN_FLIGHT + 10)
    lane.pump()
    assert.equal(written.length, MAX_IN_FLIGHT)
    settle(7)
    lane.pump()
    assert.deepEqual(written.slice(MAX_IN_FLIGHT), [MAX_IN_FLIGHT + 1])
    settle(...upTo(MAX_IN_FLIGHT))
    lane.pump()
    assert.deepEqual(written, upTo(MAX_IN_FLIGHT + 10))
  })

  it('has at most so many bytes unacknowledged', () => {
    const { lane, store, settle, written } = createLane()
    const size = 60_000
    store(150, 'x'.repeat(size))
    lane.pump()
    const most = Math.ceil(MAX_BYTES_IN_FLIGHT / size)
    assert.equal(written.length, most)
    settle(1, 2)
    lane.pump()
    assert.equal(written.length, most + 2)
  })

  it('reads the disk in batches, and not at all for a conversation', () => {
    const { lane, offer, settle, wire } = createLane()
    lane.pump()
    for (const seq of upTo(50)) {
      offer(1)
      lane.pump()
      settle(seq)
    }
    assert.equal(wire.reads, 1)
  })

  it('finds on disk what was offered while more waited than it keeps at hand', () => {
    const { lane, store, offer, settle, written } = createLane()
    store(MAX_IN_FLIGHT)
    lane.pump()
    offer(300)
    settle(...upTo(MAX_IN_FLIGHT))
    lane.pump()
    settle(...upTo(MAX_IN_FLIGHT * 2, MAX_IN_FLIGHT + 1))
    lane.pump()
    assert.deepEqual(written, upTo(MAX_IN_FLIGHT + 300))
  })

  it('tells when a message was written, and which one waits for longest', () => {
    const { lane, clock, store, settle } = createLane()
    assert.equal(lane.oldestSentAt, undefined)
    const start = clock.now()
    for (let count = 0; count < 3; count++) {
      store(1)
      lane.restart()
      lane.pump()
      clock.advance(10)
    }
    assert.deepEqual([lane.oldestSentAt, lane.flight('m3')?.sentAt], [start, start + 20])
    settle(1)
    assert.deepEqual([lane.oldestSentAt, lane.flight('m1')], [start + 10, undefined])
  })
})

describe('Lane: a lost stream', () => {
  it('sends what was not acknowledged again, in order, and nothing else', () => {
    const { lane, store, offer, settle, written } = createLane()
    store(5)
    lane.pump()
    settle(2, 4)
    assert.deepEqual(lane.lose().map(({ id }) => id), ['m1', 'm3', 'm5'])
    offer(1)
    written.length = 0
    lane.pump()
    assert.deepEqual(written, [1, 3, 5, 6])
  })

  it('is noticed while writing: everything goes out in order once there is a new one', () => {
    const { lane, store, written, wire } = createLane()
    store(100)
    wire.isUp = false
    lane.pump()
    assert.deepEqual([written, lane.oldestSentAt], [[], undefined])
    wire.isUp = true
    lane.pump()
    assert.deepEqual(written, upTo(100))
  })

  it('is counted until one leads to an answer', () => {
    const { lane, store, settle, postpone } = createLane()
    store(3)
    const loseAfterWriting = (): number => {
      lane.pump()
      lane.lose()
      return lane.fruitlessStreams
    }
    assert.deepEqual([loseAfterWriting(), loseAfterWriting()], [1, 2])
    lane.pump()
    settle(1)
    assert.deepEqual([lane.fruitlessStreams, loseAfterWriting()], [0, 1])
    lane.pump()
    postpone(2, 0)
    assert.equal(lane.fruitlessStreams, 0)
  })

  it('frees the bytes in flight', () => {
    const { lane, store, written } = createLane()
    store(150, 'x'.repeat(60_000))
    lane.pump()
    const most = written.length
    lane.lose()
    lane.pump()
    assert.deepEqual(written, [...upTo(most), ...upTo(most)])
  })
})

describe('Lane: a peer that wants messages later', () => {
  it('gets none until then, then the refused one first', () => {
    const { lane, clock, store, offer, postpone, written } = createLane()
    store(3)
    lane.pump()
    for (const seq of upTo(3)) postpone(seq, 1_000)
    offer(1)
    clock.advance(999)
    lane.restart()
    lane.pump()
    assert.deepEqual(written, [1, 2, 3])
    clock.advance(1)
    lane.restart()
    lane.pump()
    assert.deepEqual(written, [1, 2, 3, 1])
  })

  it('is asked with one message, then with twice as many after each answer', () => {
    const { lane, clock, store, postpone, settle, written } = createLane()
    store(40)
    lane.pump()
    for (const seq of upTo(40)) postpone(seq, 1_000)
    clock.advance(1_000)
    lane.restart()
    written.length = 0
    const sizes: number[] = []
    for (let last = 0; sizes.length < 4; last = written.length) {
      lane.pump()
      sizes.push(written.length - last)
      settle(written.at(-1) ?? 0)
    }
    assert.deepEqual([sizes, written], [[1, 2, 3, 5], upTo(11)])
  })

  it('is not asked earlier because another message is due earlier', () => {
    const { lane, clock, store, postpone, written } = createLane()
    store(2)
    lane.pump()
    postpone(1, 1_000)
    postpone(2, 100)
    clock.advance(999)
    lane.restart()
    lane.pump()
    assert.equal(written.length, 2)
  })

  it('asked so in an earlier run too', () => {
    const { lane, clock, store, written } = createLane(1_000)
    store(1)
    clock.advance(999)
    lane.pump()
    assert.deepEqual(written, [])
    clock.advance(1)
    lane.pump()
    assert.deepEqual(written, [1])
  })
})

describe('Lane: a message that ended for another reason', () => {
  it('is not written any more, and makes room', () => {
    const { lane, store, offer, written } = createLane()
    store(MAX_IN_FLIGHT - 1)
    lane.pump()
    offer(5)
    lane.pump()
    lane.drop(`m${MAX_IN_FLIGHT + 2}`)
    lane.drop('unknown')
    for (const seq of upTo(4)) lane.drop(`m${seq}`)
    lane.pump()
    assert.deepEqual(written.slice(MAX_IN_FLIGHT), [1, 3, 4].map(number => MAX_IN_FLIGHT + number))
  })
})
