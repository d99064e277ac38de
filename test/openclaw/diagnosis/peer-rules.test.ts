import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerReach } from '../../../src/mesh-api.ts'
import { diagnose } from '../../../src/openclaw/diagnosis/diagnose.ts'
import type { Finding } from '../../../src/openclaw/diagnosis/finding.ts'
import { PEER, SELF } from '../../support/fake-mesh.ts'
import { networkFacts, peerReach, RELAY } from '../../support/network-facts.ts'

const away = (whyNot?: string, over: Partial<PeerReach> = {}): PeerReach => {
  const { transport: _transport, rttMs: _rttMs, ...peer } = peerReach({ path: 'none', alias: 'anna', ...whyNot !== undefined && { whyNot }, ...over })
  return peer
}
const relayed = (whyNotDirect?: string, over: Partial<PeerReach> = {}): PeerReach =>
  peerReach({ path: 'relay', transport: 'tcp', relay: RELAY, ...whyNotDirect !== undefined && { whyNotDirect }, ...over })
const findingsOf = (...peers: PeerReach[]): Finding[] => diagnose(networkFacts({ peers }))

describe('an approved peer without a path', () => {
  const rows: Array<[whyNot: string | undefined, says: RegExp, advises: RegExp]> = [
    ['wrong-key', /anna is not reached: another node with a different key/, /new identity/],
    ['refused', /nothing listens/, /its gateway runs/],
    ['timeout', /does not answer/, /needs a relay/],
    ['no-route', /no route/, /relay/],
    ['no-address', /no address of it is known/, /openclaw p2p add/],
    ['network', /not connected/, /online/],
    [undefined, /not connected/, /online/]
  ]
  for (const [whyNot, says, advises] of rows) {
    it(`is reported with the reason and advice: ${whyNot ?? 'not tried yet'}`, () => {
      const [finding, ...others] = findingsOf(away(whyNot))
      assert.deepEqual([finding?.code, finding?.severity, finding?.cause, finding?.peerIds, others], ['peer-unreachable', 'warning', whyNot, [PEER], []])
      assert.match(finding?.message ?? '', says)
      assert.match(finding?.action ?? '', advises)
    })
  }

  it('in our own network may be behind a firewall, when it is silent', () => {
    assert.deepEqual(findingsOf(away('timeout', { isNear: true })).map(({ code }) => code), ['peer-unreachable', 'local-firewall'])
    assert.deepEqual(findingsOf(away('refused', { isNear: true })).map(({ code }) => code), ['peer-unreachable'])
  })

  it('that nobody approved is nobody\'s trouble', () => {
    assert.deepEqual(findingsOf(away('timeout', { approved: false })), [])
  })
})

describe('a relayed peer', () => {
  const rows: Array<[why: string, over: Partial<PeerReach>, says: RegExp, advises: RegExp]> = [
    ['off', {}, /switched off here/, /enableHolePunch/],
    ['udp-blocked', {}, /UDP is blocked/, /Allow UDP/],
    ['tcp-blocked', {}, /neither UDP nor TCP/, /both sides/],
    ['both-symmetric', {}, /routers of both sides/, /Forward the listen port/],
    ['symmetric', {}, /another TCP port/, /that router/],
    ['unverified-address', {}, /vouches for no outside address/, /libp2p-mesh relay/],
    ['unsupported', {}, /cannot punch/, /Update the plugin/],
    ['timeout', {}, /did not get through/, /tried again by itself.*firewall/],
    ['budget', {}, /many attempts/, /by itself/],
    ['not-approved', {}, /has not approved this node/, /Ask its owner/],
    ['not-approved', { approved: false }, /not approved here/, new RegExp(`openclaw p2p approve ${PEER}`)],
    ['of-a-later-version', {}, /of-a-later-version/, /by itself/]
  ]
  for (const [why, over, says, advises] of rows) {
    it(`is noted with the reason and advice: ${why}${over.approved === false ? ' by us' : ''}`, () => {
      const [finding, ...others] = findingsOf(relayed(why, over))
      assert.deepEqual([finding?.code, finding?.severity, finding?.cause, others], ['peer-relayed', 'note', why, []])
      assert.match(finding?.message ?? '', says)
      assert.match(finding?.action ?? '', advises)
    })
  }

  it('is nothing to note before an attempt ended', () => {
    assert.deepEqual(findingsOf(relayed()), [])
  })

  it('shares a note with the others of the same reason', () => {
    const findings = findingsOf(relayed('off', { alias: 'anna' }), relayed('timeout', { peerId: RELAY }), relayed('off', { peerId: SELF, alias: 'b\u001b[2Jb' }))
    assert.deepEqual(findings.map(({ peerIds }) => peerIds), [[PEER, SELF], [RELAY]])
    assert.match(findings[0]?.message ?? '', /^anna, b\\u\{1b\}\[2Jb: reached through a relay/)
  })

  it('with an address of our network may be behind a firewall', () => {
    assert.deepEqual(findingsOf(relayed('timeout', { isNear: true })).map(({ code }) => code), ['peer-relayed', 'local-firewall'])
  })
})
