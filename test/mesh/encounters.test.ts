import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encounters } from '../../src/mesh/encounters.ts'
import { alice, bob } from '../support/peers.ts'

/** Connections that the test makes: `dialled` by us, `asked` by our DHT, `kept` by the owner. */
function meeting() {
  const [connected, dialled, asked, kept] = [new Set<unknown>(), new Set<unknown>(), new Set<unknown>(), new Set<unknown>()]
  const linked: unknown[] = []
  const told: string[] = []
  const encounters = new Encounters({
    dht: { isContact: peerId => asked.has(peerId), claim: peerId => asked.delete(peerId) },
    isConnected: peerId => connected.has(peerId), hasDialled: peerId => dialled.has(peerId), isKept: peerId => kept.has(peerId),
    link: (peerId) => { linked.push(peerId) }
  })
  encounters.listen({
    handleMet: (peerId) => { told.push(`met ${peerId === alice ? 'alice' : 'bob'}`) },
    handleParted: (peerId) => { told.push(`parted ${peerId === alice ? 'alice' : 'bob'}`) }
  })
  const connect = (): void => {
    connected.add(alice)
    encounters.handleConnected(alice)
  }
  const disconnect = (): void => {
    connected.delete(alice)
    encounters.handleDisconnected(alice)
  }
  return { encounters, connected, dialled, asked, kept, linked, told, connect, disconnect }
}

describe('a peer that connects', () => {
  it('passes by unnoticed while it only asks, and when it goes', () => {
    const { encounters, told, connect, disconnect } = meeting()
    connect()
    assert.deepEqual([encounters.has(alice), encounters.isDialled(alice)], [false, false])
    disconnect()
    assert.deepEqual(told, [])
  })

  it('is company from its message stream to its end, each told once', () => {
    const { encounters, told, linked, connect, disconnect } = meeting()
    connect()
    encounters.handleLinked(alice)
    encounters.handleLinked(alice)
    assert.deepEqual([encounters.has(alice), encounters.has(bob)], [true, false])
    disconnect()
    disconnect()
    assert.deepEqual([told, linked, encounters.has(alice)], [['met alice', 'parted alice'], [], false])
  })

  it('is company at once where the owner decided about it', () => {
    const { kept, told, connect } = meeting()
    kept.add(alice)
    connect()
    assert.deepEqual(told, ['met alice'])
  })

  it('is company, and gets a message stream, as soon as something here wants it', () => {
    const { encounters, told, linked, connect } = meeting()
    connect()
    encounters.handleWanted(alice)
    encounters.handleWanted(alice)
    assert.deepEqual([told, linked], [['met alice'], [alice]])
  })
})

describe('a peer that this node dials', () => {
  it('is company, unless the DHT dialled it', () => {
    for (const isAsked of [false, true]) {
      const { encounters, dialled, asked, told, connect, disconnect } = meeting()
      dialled.add(alice)
      if (isAsked) asked.add(alice)
      connect()
      assert.deepEqual([encounters.isDialled(alice), encounters.isContact(alice)], [!isAsked, isAsked])
      disconnect()
      assert.deepEqual(told, isAsked ? [] : ['met alice', 'parted alice'])
    }
  })

  it('is no contact of the DHT any more once it is wanted, before it is connected or after', () => {
    for (const isBefore of [true, false]) {
      const { encounters, dialled, asked, linked, told, connect } = meeting()
      dialled.add(alice)
      asked.add(alice)
      if (isBefore) encounters.handleWanted(alice)
      connect()
      if (!isBefore) encounters.handleWanted(alice)
      assert.deepEqual([encounters.isContact(alice), told], [false, ['met alice']])
      assert.deepEqual(linked, isBefore ? [] : [alice], 'whoever dialled anew greets it')
    }
  })

  it('is no contact of the DHT any more once it opened a message stream itself', () => {
    const { encounters, dialled, asked, told, connect } = meeting()
    dialled.add(alice)
    asked.add(alice)
    connect()
    encounters.handleLinked(alice)
    assert.deepEqual([encounters.isContact(alice), encounters.isDialled(alice), told], [false, true, ['met alice']])
  })
})

it('a message stream that is ready when the connection has gone makes nobody company', () => {
  const { encounters, told, connect, disconnect } = meeting()
  connect()
  disconnect()
  encounters.handleLinked(alice)
  assert.deepEqual([encounters.has(alice), told], [false, []])
  connect()
  encounters.handleLinked(alice)
  assert.deepEqual(told, ['met alice'])
})
