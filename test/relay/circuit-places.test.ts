import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CircuitPlaces } from '../../src/relay/circuit-places.ts'

const LIMITS = { total: 4, perPeer: 3, perPair: 2, perNetwork: 3 }
const circuit = (source: string, destination: string, network = 'net') => ({ source, destination, network })

describe('CircuitPlaces', () => {
  it('are bounded for a pair, whoever begins', () => {
    const places = new CircuitPlaces(LIMITS)
    assert.ok(places.take(circuit('a', 'b')))
    assert.ok(places.take(circuit('b', 'a')))
    assert.equal(places.take(circuit('a', 'b')), undefined)
    assert.ok(places.take(circuit('a', 'c')))
  })

  it('are bounded for a peer as either end', () => {
    const places = new CircuitPlaces(LIMITS)
    for (const [index, ends] of [circuit('a', 'b'), circuit('c', 'a'), circuit('a', 'd')].entries()) assert.ok(places.take({ ...ends, network: `${index}` }))
    assert.equal(places.take(circuit('e', 'a', 'other')), undefined)
    assert.ok(places.take(circuit('e', 'b', 'other')))
  })

  it('are bounded for the network that they are begun from', () => {
    const places = new CircuitPlaces(LIMITS)
    for (const source of ['a', 'b', 'c']) assert.ok(places.take(circuit(source, `${source}'s friend`)))
    assert.equal(places.take(circuit('d', 'e')), undefined)
    assert.ok(places.take(circuit('d', 'e', 'other')))
  })

  it('are bounded in all, and given back', () => {
    const places = new CircuitPlaces(LIMITS)
    const releases = ['a', 'b', 'c', 'd'].map(name => places.take(circuit(name, `${name}'s friend`, name)))
    assert.equal(places.take(circuit('e', 'f', 'e')), undefined)
    releases[0]?.()
    assert.ok(places.take(circuit('a', 'a\'s friend', 'a')))
  })
})
