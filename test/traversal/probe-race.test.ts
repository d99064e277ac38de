import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BIRTHDAY_SPRAY_AFTER_MS, MAX_PROBES_PER_RACE, MAX_SPRAYED_PORTS, PROBE_INTERVAL_MS, RACE_TIMEOUT_MS, TTL_LADDER
} from '../../src/config/nat-limits.ts'
import type { BirthdayPart, RacePort } from '../../src/nat/birthday.ts'
import type { Endpoint } from '../../src/nat/endpoint.ts'
import { decodeProbe, encodeProbe } from '../../src/nat/probe.ts'
import { ProbeRace, type RaceWinner } from '../../src/nat/probe-race.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeNet } from '../support/nat/fake-net.ts'

const LEADER: Endpoint = { host: '45.33.0.21', port: 4001, family: 4 }
const FOLLOWER: Endpoint = { host: '45.33.0.22', port: 4002, family: 4 }
const tokenOf = (side: Endpoint): Uint8Array => new Uint8Array(16).fill(side.port % 251)

interface SideInit {
  at: Endpoint
  other: Endpoint
  candidates?: Endpoint[]
  birthday?: BirthdayPart
  signal?: AbortSignal
  random?: () => number
}

class Sides {
  readonly net = new FakeNet()
  readonly clock = new FakeClock()
  #nextPort = 50_000

  run({ at, other, candidates = [other], birthday, signal, random }: SideInit): Promise<RaceWinner<RacePort> | undefined> {
    const open = (endpoint: Endpoint): RacePort => {
      const port = this.net.open(endpoint, (bytes, from) => {
        const probe = decodeProbe(bytes)
        if (probe !== undefined && Buffer.compare(probe.token, tokenOf(at)) === 0) race?.handle(probe.kind, from, port)
      })
      return port
    }
    const main = open(at)
    const race: ProbeRace<RacePort> | undefined = new ProbeRace<RacePort>({
      isLeader: at === LEADER, remoteToken: tokenOf(other), candidates, ...birthday !== undefined && { birthday },
      mainPort: family => family === 4 ? main : undefined, openPort: () => open({ ...at, port: this.#nextPort++ }),
      timeoutMs: RACE_TIMEOUT_MS, clock: this.clock, random: random ?? Math.random,
      signal: signal ?? new AbortController().signal, onError: (error) => { throw error }
    })
    return race.run()
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += PROBE_INTERVAL_MS) {
      this.net.deliver()
      this.clock.advance(PROBE_INTERVAL_MS)
    }
    this.net.deliver()
  }
}

describe('ProbeRace', () => {
  it('gives both sides the same pair', async () => {
    const sides = new Sides()
    const [leader, follower] = [sides.run({ at: LEADER, other: FOLLOWER }), sides.run({ at: FOLLOWER, other: LEADER })]
    sides.pass(100)
    assert.deepEqual((await leader)?.remote, FOLLOWER)
    assert.deepEqual((await follower)?.remote, LEADER)
    assert.deepEqual(sides.clock.pending, [])
  })

  it('finds a side whose NAT shows another port than the one it named', async () => {
    const sides = new Sides()
    const wrong = { ...FOLLOWER, port: 9 }
    const [leader, follower] = [sides.run({ at: LEADER, other: FOLLOWER, candidates: [wrong] }), sides.run({ at: FOLLOWER, other: LEADER })]
    sides.pass(100)
    assert.deepEqual((await leader)?.remote, FOLLOWER)
    assert.ok(await follower)
  })

  it('repeats a nomination until it is confirmed, and confirms a repeated one', async () => {
    const sides = new Sides()
    let lost = 3
    sides.net.passes = ({ bytes }) => !(decodeProbe(bytes)?.kind === 'confirm' && lost-- > 0)
    const [leader, follower] = [sides.run({ at: LEADER, other: FOLLOWER }), sides.run({ at: FOLLOWER, other: LEADER })]
    sides.pass(300)
    assert.ok(await leader)
    assert.ok(await follower)
    assert.ok(lost < 0)
  })

  it('sends its first probes with small times to live', async () => {
    const sides = new Sides()
    void sides.run({ at: LEADER, other: FOLLOWER })
    sides.pass(TTL_LADDER.length * PROBE_INTERVAL_MS)
    assert.deepEqual(sides.net.sent.slice(0, TTL_LADDER.length + 1).map(({ ttl }) => ttl), [...TTL_LADDER, 64])
  })

  it('gives up in time, within its budget of probes', async () => {
    const sides = new Sides()
    const candidates = Array.from({ length: 8 }, (_, index): Endpoint => ({ ...FOLLOWER, port: 100 + index }))
    const leader = sides.run({ at: LEADER, other: FOLLOWER, candidates })
    sides.pass(RACE_TIMEOUT_MS)
    assert.equal(await leader, undefined)
    assert.ok(sides.net.sent.length <= MAX_PROBES_PER_RACE)
    assert.deepEqual(sides.clock.pending, [])
  })

  it('ends at once when it is called off', async () => {
    const sides = new Sides()
    const controller = new AbortController()
    const leader = sides.run({ at: LEADER, other: FOLLOWER, signal: controller.signal })
    controller.abort()
    assert.equal(await leader, undefined)
    assert.deepEqual(sides.clock.pending, [])
  })

  it('takes no answer of somebody who does not know the token', async () => {
    const sides = new Sides()
    const stranger: Endpoint = { host: '45.33.0.66', port: 7, family: 4 }
    const port = sides.net.open(stranger, () => { assert.fail('a stranger got an answer') })
    const follower = sides.run({ at: FOLLOWER, other: LEADER })
    for (const kind of ['probe', 'ack', 'nominate', 'confirm'] as const) port.send(encodeProbe({ kind, token: new Uint8Array(16) }), FOLLOWER)
    sides.pass(RACE_TIMEOUT_MS)
    assert.equal(await follower, undefined)
  })
})

describe('birthday probing', () => {
  it('meets at a sprayed port, and closes all other sockets', async () => {
    const sides = new Sides()
    const hit = 50_010
    sides.net.passes = ({ from, to }) => to.host === LEADER.host ? from.port === hit : to.port === hit // a NAT that lets one pair through
    const random = (): number => (hit - 1_024) / 64_512
    const leader = sides.run({ at: LEADER, other: FOLLOWER, candidates: [], birthday: { kind: 'spray', host: FOLLOWER.host }, random })
    const follower = sides.run({ at: FOLLOWER, other: LEADER, candidates: [], birthday: { kind: 'sockets', target: LEADER } })
    sides.pass(BIRTHDAY_SPRAY_AFTER_MS + 200)
    assert.equal((await leader)?.remote.port, hit)
    assert.deepEqual((await follower)?.remote, LEADER)
    assert.equal(sides.net.size, 3)
  })

  it('sprays only the one address, within its budget', async () => {
    const sides = new Sides()
    const leader = sides.run({ at: LEADER, other: FOLLOWER, birthday: { kind: 'spray', host: FOLLOWER.host } })
    sides.pass(RACE_TIMEOUT_MS)
    assert.equal(await leader, undefined)
    assert.deepEqual([...new Set(sides.net.sent.map(({ to }) => to.host))], [FOLLOWER.host])
    assert.ok(sides.net.sent.length <= MAX_SPRAYED_PORTS + MAX_PROBES_PER_RACE)
    assert.ok(sides.net.sent.length > MAX_SPRAYED_PORTS)
  })

  it('sends from its many sockets to the one target only, and closes them when it failed', async () => {
    const sides = new Sides()
    const follower = sides.run({ at: FOLLOWER, other: LEADER, birthday: { kind: 'sockets', target: LEADER } })
    sides.pass(RACE_TIMEOUT_MS)
    assert.equal(await follower, undefined)
    assert.deepEqual([...new Set(sides.net.sent.map(({ to }) => `${to.host}:${String(to.port)}`))], ['45.33.0.21:4001'])
    assert.equal(sides.net.size, 1)
  })
})
