import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Targets } from '../../src/nat/candidates.ts'
import type { Endpoint } from '../../src/nat/endpoint.ts'
import { planTcp, planUdp } from '../../src/nat/race-plan.ts'
import type { NatKind } from '../../src/protocols/punch-signal.ts'

const peer: Endpoint = { host: '45.33.0.22', port: 30_000, family: 4 }
const known = { endpoints: [peer], attested: [peer] }
const unsigned = { endpoints: [peer], attested: [] }
const nowhere = { endpoints: [], attested: [] }
const lan = { endpoints: [{ ...peer, host: '192.168.1.20' }], attested: [] }
const ip6 = { endpoints: [peer, { host: '2600:4001::22', port: 30_000, family: 6 as const }], attested: [peer] }
const why = (own: NatKind, remote: NatKind, { hasIp6 = false, ...targets }: Targets & { hasIp6?: boolean } = known): string => {
  const plan = planUdp({ own, remote, targets, hasIp6 })
  return plan.kind === 'skip' ? plan.why : `${plan.kind}${plan.birthday === undefined ? '' : ` ${plan.birthday.kind}`}`
}

describe('planUdp', () => {
  it('races plainly when neither side is symmetric', () => {
    for (const own of ['easy', 'open', 'unknown'] as const) assert.equal(why(own, 'easy'), 'race')
  })

  it('opens sockets on the symmetric side and sprays on the other', () => {
    assert.equal(why('hard', 'easy'), 'race sockets')
    assert.equal(why('easy', 'hard'), 'race spray')
  })

  it('sprays nobody whose address the relay did not observe', () => {
    assert.equal(why('easy', 'hard', unsigned), 'race')
    assert.equal(why('hard', 'easy', unsigned), 'race')
  })

  it('wastes no time where there is no chance', () => {
    assert.equal(why('hard', 'hard'), 'both-symmetric')
    assert.equal(why('blocked', 'easy'), 'udp-blocked')
    assert.equal(why('easy', 'blocked'), 'udp-blocked')
    assert.equal(why('easy', 'easy', nowhere), 'unverified-address')
  })

  it('tries IPv6 where both have it, however hard the IPv4 NATs are', () => {
    assert.equal(why('hard', 'hard', { ...ip6, hasIp6: true }), 'race')
    assert.equal(why('hard', 'hard', ip6), 'both-symmetric')
    assert.equal(why('hard', 'hard', { ...known, hasIp6: true }), 'both-symmetric')
  })

  it('tries an address of our own network whatever the NATs are', () => {
    assert.equal(why('hard', 'hard', lan), 'race')
  })
})

describe('planTcp', () => {
  it('needs two ports that are known beforehand', () => {
    const kinds = (own: NatKind, remote: NatKind): string => {
      const plan = planTcp({ own, remote, targets: known })
      return plan.kind === 'skip' ? plan.why : plan.kind
    }
    assert.equal(kinds('easy', 'unknown'), 'race')
    assert.equal(kinds('hard', 'easy'), 'symmetric')
    assert.equal(kinds('hard', 'hard'), 'both-symmetric')
    assert.equal(kinds('easy', 'blocked'), 'tcp-blocked')
    assert.equal(planTcp({ own: 'easy', remote: 'easy', targets: nowhere }).kind, 'skip')
  })
})
