/** A peer keeper on a network where each dial waits for the test to end it. */

import assert from 'node:assert/strict'
import type { PeerId } from '@libp2p/interface'
import { PeerKeeper } from '../../src/node/peer-keeper.ts'
import { FakeClock } from './fake-clock.ts'
import { settled } from './turns.ts'

interface Dial {
  peer: string
  addresses: string[]
  succeed: () => Promise<void>
  fail: () => Promise<void>
}

/** @param random what every draw gives */
export function createKeeper(random = 0.999_999) {
  const clock = new FakeClock()
  const dials: Dial[] = []
  const failures: string[] = []
  const connected = new Set<string>()
  const keeper = new PeerKeeper({
    clock,
    random: () => random,
    isConnected: peerId => connected.has(peerId.toString()),
    onFailure: (peerId, error) => { failures.push(`${peerId.toString()}: ${error.message}`) },
    dial: async (peerId, addresses) => {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      dials.push({
        peer: peerId.toString(),
        addresses: addresses.map(address => address.toString()),
        succeed: async () => {
          connect(peerId)
          resolve(undefined)
          await settled()
        },
        fail: async () => {
          reject(new Error('refused'))
          await settled()
        }
      })
      await promise
    }
  })
  const connect = (peerId: PeerId): void => {
    connected.add(peerId.toString())
    keeper.handleConnected(peerId)
  }
  const disconnect = (peerId: PeerId): void => {
    connected.delete(peerId.toString())
    keeper.handleDisconnected(peerId)
  }
  const last = (): Dial => dials.at(-1) ?? assert.fail('nobody was dialled')
  return { keeper, clock, dials, failures, connect, disconnect, last }
}
