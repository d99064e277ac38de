import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerReach } from '../../src/mesh-api.ts'
import { diagnose } from '../../src/openclaw/diagnosis/diagnose.ts'
import { doctorText, networkText, pingText } from '../../src/openclaw/network-text.ts'
import { PEER } from '../support/fake-mesh.ts'
import { networkFacts, peerReach, RELAY, RELAY_ADDRESS, relaySummary } from '../support/network-facts.ts'

const withFindings = (...init: Parameters<typeof networkFacts>) => {
  const facts = networkFacts(...init)
  return { ...facts, findings: diagnose(facts) }
}
const linesOf = (...init: Parameters<typeof networkFacts>): string[] => networkText(withFindings(...init)).split('\n')
const peerLine = (over: Partial<PeerReach>): string | undefined => linesOf({ peers: [peerReach(over)] }).find(line => line.startsWith('  '))

describe('the network as text', () => {
  it('has a line for NAT, STUN, routers, relays and clock', () => {
    const lines = linesOf({}, { mappedPorts: ['/ip4/45.33.7.7/tcp/4001'] })
    assert.deepEqual(lines.slice(3), [
      'Reachability: private, NAT easy (one port for all destinations)',
      'STUN:         45.33.7.7:4001 by 45.33.0.1:4001 in 12.0 ms, 45.33.7.7:4001 by 45.33.0.1:4002 in 13.0 ms',
      'Mapped ports: /ip4/45.33.7.7/tcp/4001',
      'Routers:      outside address 45.33.7.7',
      `Relay:        ${RELAY_ADDRESS}, reserved since 2030-01-01T00:00:00.000Z`,
      `Clock:        -0.8 s against the relay ${RELAY}`,
      'Peers (1):',
      `  ${PEER}: direct over udp, 3.1 ms`
    ])
  })

  const rows: Array<[over: Partial<PeerReach>, line: string]> = [
    [{ alias: 'anna' }, `  anna (${PEER}): direct over udp, 3.1 ms`],
    [{ approved: false, rttMs: null, transport: 'tcp' }, `  ${PEER} [not approved]: direct over tcp, no ping yet`],
    [{ path: 'relay', transport: 'tcp', relay: RELAY, rttMs: 40 }, `  ${PEER}: through the relay ${RELAY} over tcp, 40.0 ms`],
    [
      { path: 'relay', transport: 'tcp', relay: RELAY, rttMs: 40, whyNotDirect: 'off' },
      `  ${PEER}: through the relay ${RELAY} over tcp, 40.0 ms; not direct: hole punching is switched off here`
    ],
    [{ path: 'none', whyNot: 'timeout' }, `  ${PEER}: not connected (timeout)`],
    [{ path: 'none' }, `  ${PEER}: not connected`],
    [{ peerId: RELAY, approved: false }, `  ${RELAY} [relay]: direct over udp, 3.1 ms`]
  ]
  for (const [over, line] of rows) it(`has one line for a peer: ${line}`, () => { assert.equal(peerLine(over), line) })

  it('puts approved peers first and leaves out what is too much', () => {
    const strangers = Array.from({ length: 60 }, (_, number) => peerReach({ peerId: `stranger${number}`, approved: false }))
    const lines = linesOf({ peers: [...strangers, peerReach()] }).filter(line => line.startsWith('  '))
    assert.equal(lines[0], `  ${PEER}: direct over udp, 3.1 ms`)
    assert.deepEqual([lines.length, lines.at(-1)], [51, '  … and 11 more'])
  })

  it('escapes what comes from outside', () => {
    const text = networkText(withFindings({ listenAddrs: ['/ip4/1.2.3.4\u001b[2J'], peers: [peerReach({ alias: 'a\nb' })] }, { routers: [{ outsideHost: '\u009b', isPublic: false }] }))
    assert.doesNotMatch(text, /(?!\n)[\p{Cc}]/u)
    assert.match(text, /a\\nb/)
  })
})

describe('a diagnosis as text', () => {
  it('ends with what to do and the verdict', () => {
    const sick = withFindings({}, { relays: [], relayList: [relaySummary({ state: 'waiting', why: 'unreachable' })] })
    const lines = doctorText({ ...sick, healthy: false }).split('\n')
    assert.match(lines.at(-3) ?? '', /^error relay-unreachable: The relay .* does not answer/)
    assert.match(lines.at(-2) ?? '', /^ {2}-> Check that it runs/)
    assert.equal(lines.at(-1), 'This node is not reached as it should be.')
    assert.match(doctorText({ ...withFindings(), healthy: true }), /\nNothing is wrong\.$/)
    assert.match(doctorText({ ...withFindings({}, { type: 'hard' }), healthy: true }), /\nNothing keeps this node from being reached\.$/)
  })
})

describe('a ping as text', () => {
  it('says over what, through whom and why', () => {
    const ping = { peerId: PEER, rttMs: 40, transport: 'tcp', remoteAddr: '/ip4/1.2.3.4/tcp/1', since: 0 }
    assert.equal(pingText({ ...ping, path: 'direct' }), `${PEER}: direct over tcp, 40.0 ms, /ip4/1.2.3.4/tcp/1`)
    assert.equal(
      pingText({ ...ping, path: 'relay', relay: RELAY, whyNotDirect: 'not-approved' }),
      `${PEER}: through the relay ${RELAY} over tcp, 40.0 ms; not direct: one of the two sides has not approved the other`
    )
  })
})
