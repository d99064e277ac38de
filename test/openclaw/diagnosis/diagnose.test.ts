import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NatSummary, RelaySummary } from '../../../src/mesh-api.ts'
import { diagnose, isHealthy } from '../../../src/openclaw/diagnosis/diagnose.ts'
import { FINDING_CODES, type Facts, type Finding } from '../../../src/openclaw/diagnosis/finding.ts'
import { PEER, SELF } from '../../support/fake-mesh.ts'
import { networkFacts, peerReach, RELAY, relaySummary } from '../../support/network-facts.ts'

type Case = [what: string, facts: Facts, finding: Pick<Finding, 'code' | 'severity'>, says: RegExp, advises: RegExp]

/** The one relay of the list is away; `nat` says what else leads to the node. */
const withoutRelay = (why: string | undefined, nat: Partial<NatSummary> = {}): Facts =>
  networkFacts({}, { relays: [], relayList: [relaySummary({ state: 'waiting', ...why !== undefined && { why } })], ...nat })

const MAPPED = ['/ip4/45.33.7.7/tcp/4001']
const SECOND: RelaySummary = relaySummary({ peerId: PEER, address: `/ip4/45.33.0.2/tcp/4001/p2p/${PEER}`, state: 'waiting', why: 'unreachable' })
const ALONE: Partial<NatSummary> = { relays: [], relayList: [], routers: [] }

const CASES: Case[] = [
  ['no network', networkFacts({ hostAddrs: [] }), { code: 'no-network', severity: 'error' }, /no network address/, /Connect/],
  ['nothing listens', networkFacts({ listenAddrs: [] }, ALONE), { code: 'not-listening', severity: 'error' }, /listens on no address/, /`listenAddrs`/],
  ['own key used twice', networkFacts({ duplicateKeys: [SELF] }), { code: 'duplicate-key', severity: 'error' }, /the key of this node/, /identity\.key/],
  ['a peer\'s key used twice', networkFacts({ duplicateKeys: [PEER] }), { code: 'duplicate-key', severity: 'warning' }, new RegExp(PEER), /identity\.key/],
  ['relay down', withoutRelay('unreachable'), { code: 'relay-unreachable', severity: 'error' }, /45\.33\.0\.1.* does not answer.*cannot reach this node/, /security group/],
  ['relay down, port mapped', withoutRelay('unreachable', { mappedPorts: MAPPED }), { code: 'relay-unreachable', severity: 'warning' }, /does not answer\.$/, /firewall/],
  ['relay down, public address', withoutRelay('unreachable', { reachability: 'public' }), { code: 'relay-unreachable', severity: 'warning' }, /does not answer\.$/, /firewall/],
  ['one of two relays down', networkFacts({}, { relayList: [relaySummary(), SECOND] }), { code: 'relay-unreachable', severity: 'warning' }, /45\.33\.0\.2/, /TCP port/],
  ['relay full', withoutRelay('full'), { code: 'relay-full', severity: 'error' }, /no room/, /relayLimits\.reservations/],
  ['relay refuses', withoutRelay('refused'), { code: 'relay-refuses', severity: 'error' }, /takes no reservation/, /log of the relay/],
  ['no relay there', withoutRelay('not-a-relay'), { code: 'not-a-relay', severity: 'error' }, /serves as no relay/, /libp2p-mesh relay.*enableCircuitRelayServer/],
  ['relay lost', withoutRelay('lost'), { code: 'relay-lost', severity: 'error' }, /lost a moment ago/, /Wait a minute/],
  ['relay not asked yet', withoutRelay(undefined), { code: 'relay-pending', severity: 'warning' }, /not answered yet/, /look again/],
  ['NAT without a way in', networkFacts({}, ALONE), { code: 'no-relay', severity: 'error' }, /neither a relay nor a forwarded port/, /Name a relay in `relayList`/],
  ['relays switched off', networkFacts({ off: ['enableCircuitRelay'] }, ALONE), { code: 'no-relay', severity: 'error' }, /router or firewall/, /Set `enableCircuitRelay` to true/],
  ['LAN only', networkFacts({}, { ...ALONE, reachability: 'unknown', type: 'unknown' }), { code: 'local-only', severity: 'note' }, /only peers of its own network/, /relayList/],
  ['firewall', networkFacts({}, { ...ALONE, reachability: 'unknown', type: 'open', unreachedAddrs: MAPPED }), { code: 'firewall', severity: 'error' }, /tried \/ip4\/45\.33\.7\.7\/tcp\/4001/, /ufw allow 4001\/tcp/],
  ['firewall beside a relay', networkFacts({}, { unreachedAddrs: MAPPED }), { code: 'firewall', severity: 'warning' }, /firewall drops/, /security group.*UDP of the same number/],
  ['double NAT: private outside address', networkFacts({}, { routers: [{ outsideHost: '100.64.3.2', isPublic: false }] }), { code: 'double-nat', severity: 'warning' }, /100\.64\.3\.2/, /bridge mode/],
  ['double NAT: another address outside', networkFacts({}, { routers: [{ outsideHost: '45.33.9.9', isPublic: true }] }), { code: 'double-nat', severity: 'warning' }, /45\.33\.9\.9.*servers see 45\.33\.7\.7/, /public IPv4/],
  ['symmetric NAT', networkFacts({}, { type: 'hard' }), { code: 'symmetric-nat', severity: 'note' }, /symmetric/, /forward TCP and UDP 4001/],
  ['no UPnP', networkFacts({}, { routers: [] }), { code: 'port-not-mapped', severity: 'note' }, /No router answered/, /Nothing has to be done/],
  ['UDP blocked', networkFacts({}, { type: 'blocked', stun: [], mappedAddrs: [] }), { code: 'udp-blocked', severity: 'warning' }, /45\.33\.0\.1:4001.*TCP gets through/, /Allow outgoing UDP/],
  ['no UDP on this system', networkFacts({}, { udpPort: 0, udpError: 'no prebuild' }), { code: 'udp-unavailable', severity: 'warning' }, /no prebuild/, /native module/],
  ['one STUN answer', networkFacts({}, { type: 'unknown', stun: [{ server: '45.33.0.1:4001', mapped: '45.33.7.7:4001', rttMs: 9 }] }), { code: 'one-stun-answer', severity: 'note' }, /45\.33\.0\.1:4001/, /second UDP port/],
  ['clock behind', networkFacts({}, { clocks: [{ peerId: RELAY, offsetMs: 180_000 }] }), { code: 'clock-skew', severity: 'warning' }, new RegExp(`3 min behind that of the relay ${RELAY}`), /set-ntp/],
  ['clock ahead', networkFacts({}, { clocks: [{ peerId: RELAY, offsetMs: -7_200_000 }] }), { code: 'clock-skew', severity: 'warning' }, /2 h ahead of/, /automatically/]
]

describe('a diagnosis', () => {
  it('finds nothing where all is well', () => {
    assert.deepEqual(diagnose(networkFacts()), [])
    assert.equal(isHealthy([]), true)
  })

  for (const [what, facts, { code, severity }, says, advises] of CASES) {
    it(`${what}: ${severity} ${code}`, () => {
      const findings = diagnose(facts)
      const finding = findings.find(candidate => candidate.code === code) ?? assert.fail(`found ${JSON.stringify(findings)}`)
      assert.equal(finding.severity, severity)
      assert.match(finding.message, says)
      assert.match(finding.action, advises)
      assert.equal(isHealthy(findings), severity !== 'error')
    })
  }

  it('blames UDP only where something else gets through', () => {
    const facts = withoutRelay('unreachable', { type: 'blocked', stun: [], mappedAddrs: [] })
    const codes = diagnose({ ...facts, peers: [peerReach({ isNear: true })] }).map(({ code }) => code)
    assert.deepEqual(codes, ['relay-unreachable', 'stun-silent'])
  })

  it('says nothing of what the owner switched off', () => {
    const off = ['enableHolePunch', 'enableUPnP']
    assert.deepEqual(diagnose(networkFacts({ off }, { type: 'unknown', udpPort: 0, udpError: 'off', stun: [], mappedAddrs: [], routers: [] })), [])
  })

  it('takes a symmetric NAT with a mapped port for no fault', () => {
    assert.deepEqual(diagnose(networkFacts({}, { type: 'hard', mappedPorts: MAPPED })), [])
  })

  it('puts the gravest first', () => {
    const findings = diagnose(networkFacts({ duplicateKeys: [SELF] }, { type: 'hard', clocks: [{ peerId: RELAY, offsetMs: 90_000 }] }))
    assert.deepEqual(findings.map(({ severity }) => severity), ['error', 'warning', 'note'])
  })

  it('has a case here or among the peers for every code', () => {
    const ofPeers = ['peer-unreachable', 'peer-relayed', 'local-firewall', 'stun-silent']
    assert.deepEqual([...new Set([...CASES.map(([, , { code }]) => code), ...ofPeers])].toSorted(), [...FINDING_CODES].toSorted())
  })
})
