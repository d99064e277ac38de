import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Record } from '@libp2p/kad-dht'
import { Key, type Datastore } from 'interface-datastore'
import { toString } from 'uint8arrays/to-string'
import { MAX_PROVIDERS_PER_KEY, MAX_PROVIDERS_TOLD, MAX_PROVIDER_KEYS, MAX_RECORDS, PROVIDER_LIFE_MS, RECORD_LIFE_MS } from '../../src/config/dht-limits.ts'
import { DhtStore, type DhtStoreInit } from '../../src/node/dht-store.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice } from '../support/peers.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const nameOf = (key: string): Key => new Key(`/dht/record/${toString(bytes(key), 'base32')}`, false)
const recordOf = (key: string, value: string): Uint8Array => new Record(bytes(key), bytes(value), new Date()).serialize().subarray()
const provider = (key: string, peer: string): Key => new Key(`/dht/provider/${toString(bytes(key), 'base32')}/${peer}`, false)

/** Values are numbers: the higher one is the newer. */
function storing(more: Partial<DhtStoreInit> = {}) {
  const clock = new FakeClock()
  const store = new DhtStore({
    self: alice, now: clock.now, random: () => 0.5, hasAddress: async () => true,
    newest: (values) => {
      const numbers = values.map(value => Number(new TextDecoder().decode(value)))
      return numbers.indexOf(Math.max(...numbers))
    },
    ...more
  })
  const datastore = store.over({ close: 'the datastore below' } as unknown as Datastore)
  const put = async (key: string, value: string): Promise<void> => { await datastore.put(nameOf(key), recordOf(key, value)) }
  const get = async (key: string): Promise<string> => new TextDecoder().decode(Record.deserialize(await datastore.get(nameOf(key))).value)
  const providers = async (key: string): Promise<string[]> => {
    const found: string[] = []
    for await (const entry of datastore.query({ prefix: `/dht/provider/${toString(bytes(key), 'base32')}` })) found.push(entry.key.toString().split('/').at(-1) ?? '')
    return found
  }
  return { clock, store, datastore, put, get, providers }
}

describe('records in the store', () => {
  it('come back as they were put', async () => {
    const { put, get, store } = storing()
    await put('a', '1')
    assert.deepEqual([await get('a'), store.size, new TextDecoder().decode(store.valueOf(bytes('a')))], ['1', 1, '1'])
    await assert.rejects(get('b'), { name: 'NotFoundError' })
    assert.equal(store.valueOf(bytes('b')), undefined)
  })

  it('give way to newer ones only: nobody brings an older one back', async () => {
    const { put, get } = storing()
    await put('a', '2')
    await put('a', '3')
    await assert.rejects(put('a', '2'), { name: 'OldRecordError' })
    assert.equal(await get('a'), '3')
  })

  it('are forgotten after their time, and live on when they are put again', async () => {
    const { put, get, clock } = storing()
    await put('a', '1')
    clock.advance(RECORD_LIFE_MS - 1)
    assert.equal(await get('a'), '1')
    await put('a', '1')
    clock.advance(RECORD_LIFE_MS - 1)
    assert.equal(await get('a'), '1')
    clock.advance(1)
    await assert.rejects(get('a'), { name: 'NotFoundError' })
  })

  it('are so many at most: those of far keys make room for near ones, and the own one stays', async () => {
    const { put, get, store } = storing()
    store.keep(bytes('own'))
    await put('own', '1')
    let refused = 0
    for (let number = 0; number < MAX_RECORDS + 200; number++) await put(`key ${String(number)}`, '1').catch(() => { refused += 1 })
    assert.deepEqual([store.size, await get('own')], [MAX_RECORDS, '1'])
    assert.ok(refused > 0 && refused < 200, `${String(refused)} of 200 were refused`)
  })
})

describe('entries of providers in the store', () => {
  it('are told to whoever asks for their key', async () => {
    const { datastore, providers } = storing()
    for (const peer of ['p', 'q']) await datastore.put(provider('net', peer), bytes(peer))
    await datastore.put(provider('other', 'r'), bytes('r'))
    assert.deepEqual((await providers('net')).sort(), ['p', 'q'])
    await datastore.delete(provider('net', 'p'))
    assert.deepEqual(await providers('net'), ['q'])
  })

  it('are told a few at a time, and not without an address', async () => {
    const { datastore, providers } = storing({ hasAddress: async peer => peer !== 'lost' })
    await datastore.put(provider('net', 'lost'), bytes(''))
    assert.deepEqual(await providers('net'), [])
    for (let number = 0; number < 3 * MAX_PROVIDERS_TOLD; number++) await datastore.put(provider('net', String(number)), bytes(''))
    assert.equal((await providers('net')).length, MAX_PROVIDERS_TOLD)
  })

  it('end after their time', async () => {
    const { datastore, providers, clock } = storing()
    await datastore.put(provider('net', 'p'), bytes(''))
    clock.advance(PROVIDER_LIFE_MS)
    assert.deepEqual(await providers('net'), [])
  })

  it('are so many for each key, and of so many keys', async () => {
    const { datastore } = storing()
    const all = async (): Promise<string[]> => {
      const names: string[] = []
      for await (const { key } of datastore.query({ prefix: '/dht/provider' })) names.push(key.toString())
      return names
    }
    for (let number = 0; number < MAX_PROVIDERS_PER_KEY + 50; number++) await datastore.put(provider('net', String(number)), bytes(''))
    assert.equal((await all()).length, MAX_PROVIDERS_PER_KEY)
    await datastore.put(provider('ours', alice.toString()), bytes(''))
    let refused = 0
    for (let number = 0; number < 2 * MAX_PROVIDER_KEYS; number++) {
      await Promise.resolve().then(() => datastore.put(provider(`net ${String(number)}`, 'p'), bytes(''))).catch(() => { refused += 1 })
    }
    assert.ok(refused > 0 && refused <= MAX_PROVIDER_KEYS + 2, `${String(refused)} were refused`)
    const keys = new Set((await all()).map(name => name.split('/')[3]))
    assert.deepEqual([keys.size, keys.has(toString(bytes('ours'), 'base32'))], [MAX_PROVIDER_KEYS, true])
  })
})
