import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NAME_FAILED_MS, NAME_FRESH_MS } from '../../src/config/nat-limits.ts'
import { NameLookup } from '../../src/nat/name-lookup.ts'
import { FakeClock } from '../support/fake-clock.ts'

function setUp(addresses: string[]) {
  const clock = new FakeClock()
  const asked: string[] = []
  const failures: string[] = []
  const zone = { addresses }
  const names = new NameLookup({
    now: clock.now, onFailure: (name, error) => { failures.push(`${name}: ${error.message}`) },
    resolve: async (name) => {
      asked.push(name)
      if (zone.addresses.length === 0) throw new Error('no such name')
      return await Promise.resolve(zone.addresses)
    }
  })
  return { clock, asked, failures, zone, names }
}

describe('NameLookup', () => {
  it('takes one address of each family, and asks again only after a while', async () => {
    const { clock, asked, names, zone } = setUp(['2001:db8::7', '192.0.2.7', '192.0.2.8'])
    assert.deepEqual(await names.addresses('relay.example.org'), ['192.0.2.7', '2001:db8::7'])
    zone.addresses = ['192.0.2.9']
    clock.advance(NAME_FRESH_MS - 1)
    assert.deepEqual(await names.addresses('relay.example.org'), ['192.0.2.7', '2001:db8::7'])
    clock.advance(1)
    assert.deepEqual(await names.addresses('relay.example.org'), ['192.0.2.9'])
    assert.equal(asked.length, 2)
  })

  it('asks once for all who wait', async () => {
    const { asked, names } = setUp(['192.0.2.7'])
    await Promise.all([names.addresses('relay.example.org'), names.addresses('relay.example.org')])
    assert.equal(asked.length, 1)
  })

  it('says that a name was not found, and soon asks again', async () => {
    const { clock, failures, names, zone } = setUp([])
    assert.deepEqual(await names.addresses('relay.example.org'), [])
    assert.deepEqual(await names.addresses('relay.example.org'), [])
    assert.deepEqual(failures, ['relay.example.org: no such name'])
    zone.addresses = ['192.0.2.7']
    clock.advance(NAME_FAILED_MS)
    assert.deepEqual(await names.addresses('relay.example.org'), ['192.0.2.7'])
  })

  it('asks nobody about an address', async () => {
    const { asked, names } = setUp([])
    assert.deepEqual([await names.addresses('192.0.2.7'), await names.addresses('2001:db8::7')], [['192.0.2.7'], ['2001:db8::7']])
    assert.deepEqual(asked, [])
  })

  it('asks the system for names', async () => {
    const names = new NameLookup({ now: Date.now, onFailure: (name, error) => { assert.fail(`${name}: ${error.message}`) } })
    assert.ok((await names.addresses('localhost')).some(address => address === '127.0.0.1' || address === '::1'))
  })
})
