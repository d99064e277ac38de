/** What a punched path survives, and who may ask for one. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MoveResult, NatStatus, UpgradeResult } from '../../src/nat/nat-traversal.ts'
import { NatCell } from '../support/nat/nat-cell.ts'
import { NatLab } from '../support/nat/nat-lab.ts'
import { until } from '../support/until.ts'

const skip = NatLab.whyNot() ?? false
const SOME = 5

/** Whatever B got of the numbers came back once each and in order. */
interface Counted {
  sent: number
  echoed: number[]
  status: string
}

test('a NAT that rebinds in mid-stream: the connection moves to a new path and nothing is lost or doubled', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'a' })
  await connectAndCount(cell)
  await rebind(cell, 'a')
  const moved = await cell.a.ask<MoveResult>('move', { peerId: cell.peerId('b') })
  assert.equal(moved.state, 'moved', cell.a.output)
  console.log(`moved after ${moved.ms} ms`)
  const { sent } = await cell.a.ask<Counted>('counted', { atLeast: 0 })
  assertInOrder(await cell.a.ask<Counted>('counted', { atLeast: sent + SOME }))
})

test('the peer behind the NAT that rebinds while data is in flight to it: a new connection replaces the broken one', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'a' })
  await connectAndCount(cell)
  await rebind(cell, 'b')
  const moved = await cell.a.ask<MoveResult>('move', { peerId: cell.peerId('b') })
  assert.equal(moved.state, 'replaced', cell.a.output + cell.b.output)
  console.log(`replaced after ${moved.ms} ms`)
  await countOn(cell)
  const connections = await cell.a.ask<string[]>('connections', { peerId: cell.peerId('b') })
  assert.deepEqual(connections.filter(connection => connection.includes('/udp/')).map(connection => connection.split('/')[4]), ['45000'])
})

test('a path that works is left as it is', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'a' })
  await connectAndCount(cell)
  assert.equal((await cell.a.ask<MoveResult>('move', { peerId: cell.peerId('b') })).state, 'intact')
})

test('the punched path carries on when the relay is gone', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'c' })
  await connectAndCount(cell)
  await cell.relay.kill()
  const { sent } = await cell.a.ask<Counted>('counted', { atLeast: 0 })
  assertInOrder(await cell.a.ask<Counted>('counted', { atLeast: sent + 2 * SOME }))
})

test('both sides beginning at once end up on one path', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'a' })
  await cell.start()
  await cell.a.ask('dialRelay', { address: cell.addressOf('b') })
  await until(async () => (await cell.b.ask<string[]>('connections', { peerId: cell.peerId('a') })).length > 0, { what: 'B to be connected', timeoutMs: 60_000 })
  const results = await Promise.all([
    cell.a.ask<UpgradeResult>('upgrade', { peerId: cell.peerId('b') }),
    cell.b.ask<UpgradeResult>('upgrade', { peerId: cell.peerId('a') })
  ])
  assert.deepEqual(results.map(({ path, transport }) => `${path} ${transport ?? ''}`), ['direct udp', 'direct udp'], cell.a.output + cell.b.output)
  const connections = await cell.a.ask<string[]>('connections', { peerId: cell.peerId('b') })
  assert.equal(connections.filter(connection => connection.includes('/udp/')).length, 1, connections.join('\n'))
})

test('a peer that did not approve the other takes part in no attempt', { skip }, async () => {
  await using cell = await NatCell.create({ a: 'a', b: 'a' })
  await cell.start({ isApproving: false })
  const answer = await cell.connect()
  assert.equal(answer.path, 'relay')
  assert.equal(answer.why, 'not-approved')
})

async function connectAndCount(cell: NatCell): Promise<void> {
  await cell.start()
  const answer = await cell.connect()
  assert.equal(answer.transport, 'udp', cell.a.output)
  await countOn(cell)
}

async function rebind(cell: NatCell, side: 'a' | 'b'): Promise<void> {
  const { udpPort } = await cell[side].ask<NatStatus>('status')
  await cell.lab.rebind(side, udpPort)
}

async function countOn(cell: NatCell): Promise<void> {
  await cell.a.ask('startCounting', { peerId: cell.peerId('b') })
  await cell.a.ask('counted', { atLeast: SOME })
}

function assertInOrder({ echoed, status }: Counted): void {
  assert.deepEqual(echoed, echoed.map((_, index) => index))
  assert.equal(status, 'open')
}
