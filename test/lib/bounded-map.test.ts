import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BoundedMap } from '../../src/lib/bounded-map.ts'

describe('BoundedMap', () => {
  it('forgets the entry that was not used for longest', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('c', 3)
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [undefined, 2, 3, 2])
  })

  it('counts reading and writing as use, asking not', () => {
    const map = new BoundedMap<string, number>(3)
    for (const key of ['read', 'written', 'asked']) map.set(key, 1)
    map.get('read')
    map.set('written', 2)
    map.has('asked')
    map.set('new', 3)
    assert.deepEqual(['read', 'written', 'asked', 'new'].map(key => map.has(key)), [true, true, false, true])
  })

  it('forgets nothing when an entry is replaced', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    assert.deepEqual([map.get('a'), map.get('b')], [3, 2])
  })

  it('shows its entries without using them', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    assert.deepEqual([...map.entries()], [['a', 1], ['b', 2]])
    map.set('c', 3)
    assert.equal(map.has('a'), false)
  })

  it('deletes and clears', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    assert.deepEqual([map.delete('a'), map.delete('a'), map.size], [true, false, 1])
    map.clear()
    assert.deepEqual([map.size, map.has('b')], [0, false])
  })
})
