/** What the DHT holds for others: signed records and entries of networks, in memory and bounded, for all of it is put again now and then. */
import { createHash } from 'node:crypto'
import { NotFoundError, type PeerId } from '@libp2p/interface'
import { Record } from '@libp2p/kad-dht'
import { Key, type Datastore, type Pair } from 'interface-datastore'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { MAX_PROVIDERS_PER_KEY, MAX_PROVIDERS_TOLD, MAX_PROVIDER_KEYS, MAX_RECORDS, PROVIDER_LIFE_MS, RECORD_LIFE_MS } from '../config/dht-limits.ts'
import { overriding } from '../lib/overriding.ts'

export interface DhtStoreInit {
  self: PeerId
  /** The index of the newest of these values of a key; the first of equals. */
  newest: (values: readonly Uint8Array[]) => number
  /** Whether an address of the peer is known: the library fails a whole answer because of one provider without. */
  hasAddress: (peerId: string) => Promise<boolean>
  now: () => number
  random: () => number
}

interface Held {
  bytes: Uint8Array
  at: number
  /** From this node, by the first 8 bytes of the XOR metric. */
  distance: bigint
}

type Providers = Map<string, Pick<Held, 'bytes' | 'at'>>

/** The library's prefixes. */
const RECORDS = '/dht/record/'
const PROVIDERS = '/dht/provider'

/** An older record of the same signer than the one that is held. */
class OldRecordError extends Error {
  override readonly name = 'OldRecordError'
}

/** There is no room, and all that is held belongs here more. */
class FullStoreError extends Error {
  override readonly name = 'FullStoreError'
}

export class DhtStore {
  readonly #init: DhtStoreInit
  readonly #place: bigint
  readonly #records = new Map<string, Held>()
  readonly #providers = new Map<string, Providers>()
  /** Keys of records of this node itself. */
  readonly #own = new Set<string>()

  constructor(init: DhtStoreInit) {
    this.#init = init
    this.#place = placeOf(init.self.toMultihash().bytes)
  }

  /** The datastore of the node with what belongs to the DHT kept here. */
  over(datastore: Datastore): Datastore {
    return overriding<Datastore>(datastore, {
      put: (key, value) => {
        this.#put(key.toString(), value)
        return key
      },
      get: key => this.#get(key.toString()),
      has: key => this.#records.has(key.toString()),
      delete: (key) => { this.#delete(key.toString()) },
      query: ({ prefix }) => this.#query(prefix ?? '')
    })
  }

  /** How many records are held. */
  get size(): number {
    return this.#records.size
  }

  /** The record of this key stays, whatever else comes. */
  keep(key: Uint8Array): void {
    this.#own.add(recordName(key))
  }

  /** The value under a key as it is held here. */
  valueOf(key: Uint8Array): Uint8Array | undefined {
    const held = this.#fresh(recordName(key))
    return held === undefined ? undefined : Record.deserialize(held.bytes).value
  }

  #put(name: string, bytes: Uint8Array): void {
    if (name.startsWith(RECORDS)) this.#putRecord(name, bytes)
    else this.#putProvider(name, bytes)
  }

  #putRecord(name: string, bytes: Uint8Array): void {
    const { newest, now } = this.#init
    const { key, value } = Record.deserialize(bytes)
    const held = this.#fresh(name)
    if (held !== undefined && newest([value, Record.deserialize(held.bytes).value]) !== 0) throw new OldRecordError('a newer record is held')
    this.#records.delete(name)
    const newcomer = { bytes, at: now(), distance: this.#own.has(name) ? -1n : placeOf(key) ^ this.#place }
    if (this.#records.size >= MAX_RECORDS) this.#makeRoom(newcomer)
    this.#records.set(name, newcomer)
  }

  #makeRoom({ distance }: Held): void {
    const farthest = [...this.#records].reduce((one, other) => other[1].distance > one[1].distance ? other : one)
    if (farthest[1].distance <= distance) throw new FullStoreError('records nearer to this node fill the store')
    this.#records.delete(farthest[0])
  }

  #fresh(name: string): Held | undefined {
    const held = this.#records.get(name)
    if (held === undefined || this.#init.now() - held.at < RECORD_LIFE_MS) return held
    this.#records.delete(name)
    return undefined
  }

  #get(name: string): Uint8Array {
    const held = this.#fresh(name)
    if (held === undefined) throw new NotFoundError(`no record ${name}`)
    return held.bytes
  }

  #putProvider(name: string, bytes: Uint8Array): void {
    const { key, peerId } = parseProvider(name)
    const providers = this.#providers.get(key) ?? new Map<string, Held>()
    if (providers.size === 0) this.#openKey(key, { providers, isOwn: peerId === this.#init.self.toString() })
    if (providers.size >= MAX_PROVIDERS_PER_KEY && !providers.has(peerId)) providers.delete(this.#drawn([...providers.keys()], 1)[0] ?? '')
    providers.set(peerId, { bytes, at: this.#init.now() })
  }

  #openKey(key: string, { providers, isOwn }: { providers: Providers, isOwn: boolean }): void {
    const distanceOf = (other: string): bigint => placeOf(fromString(other, 'base32')) ^ this.#place
    if (this.#providers.size >= MAX_PROVIDER_KEYS) {
      const others = [...this.#providers.keys()].filter(other => !this.#isOwn(other))
      const farthest = others.reduce((one, other) => distanceOf(other) > distanceOf(one) ? other : one)
      if (!isOwn && distanceOf(farthest) <= distanceOf(key)) throw new FullStoreError('entries of keys nearer to this node fill the store')
      this.#providers.delete(farthest)
    }
    this.#providers.set(key, providers)
  }

  #isOwn(key: string): boolean {
    return this.#providers.get(key)?.has(this.#init.self.toString()) === true
  }

  #delete(name: string): void {
    if (name.startsWith(RECORDS)) {
      this.#records.delete(name)
      return
    }
    const { key, peerId } = parseProvider(name)
    const providers = this.#providers.get(key)
    providers?.delete(peerId)
    if (providers?.size === 0) this.#providers.delete(key)
  }

  /** A question about one key is answered with some of its providers; the library's own rounds see them all. */
  async* #query(prefix: string): AsyncGenerator<Pair> {
    const key = prefix.slice(PROVIDERS.length + 1)
    if (key !== '') {
      yield* this.#told(key)
      return
    }
    for (const [each, providers] of this.#providers) for (const [peerId, { bytes }] of providers) yield { key: providerName(each, peerId), value: bytes }
  }

  async* #told(key: string): AsyncGenerator<Pair> {
    const { now, hasAddress } = this.#init
    const providers = this.#providers.get(key) ?? new Map<string, Held>()
    let told = 0
    for (const peerId of this.#drawn([...providers.keys()], providers.size)) {
      const { bytes, at } = providers.get(peerId) ?? { bytes: new Uint8Array(), at: -Infinity }
      if (now() - at >= PROVIDER_LIFE_MS) this.#delete(providerName(key, peerId).toString())
      else if (await hasAddress(peerId)) {
        yield { key: providerName(key, peerId), value: bytes }
        if ((told += 1) >= MAX_PROVIDERS_TOLD) return
      }
    }
  }

  #drawn(names: string[], count: number): string[] {
    return names.map(name => ({ name, at: this.#init.random() })).sort((one, other) => one.at - other.at).slice(0, count).map(({ name }) => name)
  }
}

function placeOf(key: Uint8Array): bigint {
  return createHash('sha256').update(key).digest().readBigUInt64BE()
}

function recordName(key: Uint8Array): string {
  return `${RECORDS}${toString(key, 'base32')}`
}

function providerName(key: string, peerId: string): Key {
  return new Key(`${PROVIDERS}/${key}/${peerId}`, false)
}

function parseProvider(name: string): { key: string, peerId: string } {
  const [key = '', peerId = ''] = name.slice(PROVIDERS.length + 1).split('/')
  return { key, peerId }
}
