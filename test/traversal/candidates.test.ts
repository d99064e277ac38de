import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ATTESTATION_FRESH_MS, MAX_CANDIDATES, MAX_UNSIGNED_CANDIDATES } from '../../src/config/nat-limits.ts'
import { attest } from '../../src/nat/attestation.ts'
import { ownCandidates, targetsOf, type Interfaces, type RemoteAddresses } from '../../src/nat/candidates.ts'
import { endpointOfBytes, hostBytes, toEndpoint, type Endpoint } from '../../src/nat/endpoint.ts'
import type { WireCandidate } from '../../src/protocols/punch-signal.ts'

const NOW = 1_893_456_000_000
const relayKey = await generateKeyPair('Ed25519')
const relay = peerIdFromPrivateKey(relayKey)

const endpoint = (host: string, port = 4001): Endpoint => toEndpoint(host, port) ?? assert.fail(`${host} is no address`)
const plain = (host: string, port = 4001): WireCandidate => ({ host: hostBytes(endpoint(host)), port, attestation: undefined })
const signed = async (host: string, port = 4001, timeMs = NOW): Promise<WireCandidate> =>
  ({ ...plain(host, port), attestation: await attest(relayKey, endpoint(host, port), timeMs) })

function interfaces(...cidrs: string[]): Interfaces {
  return {
    lo: [{ address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac: '', internal: true, cidr: '127.0.0.1/8' }],
    eth0: cidrs.map((cidr) => {
      const address = cidr.split('/')[0] ?? ''
      const base = { address, netmask: '', mac: '', internal: false, cidr }
      return address.includes(':') ? { ...base, family: 'IPv6' as const, scopeid: 0 } : { ...base, family: 'IPv4' as const }
    })
  }
}

const remote = (candidates: WireCandidate[], change: Partial<RemoteAddresses> = {}): RemoteAddresses =>
  ({ candidates, interfaces: interfaces('192.168.1.10/24'), withPrivate: true, relay, relayNowMs: NOW, ...change })
const hostsIn = async (addresses: RemoteAddresses): Promise<string[]> => (await targetsOf(addresses)).endpoints.map(({ host }) => host)

describe('ownCandidates', () => {
  const mappings = [{ mapped: endpoint('45.33.0.21', 30_000), attestation: undefined }]
  const hosts = (candidates: WireCandidate[]): string[] => candidates.map(({ host, port }) => `${endpointOfBytes(host, port)?.host ?? ''} ${port}`)

  it('names the mapped address first, then the interfaces', () => {
    const own = ownCandidates({ interfaces: interfaces('192.168.1.10/24', '2001:470::1/64'), port: 4001, mappings, withPrivate: true })
    assert.deepEqual(hosts(own), ['45.33.0.21 30000', '192.168.1.10 4001', '2001:470::1 4001'])
  })

  it('keeps private networks from those who may not know them, and link-local and loopback addresses from all', () => {
    const own = { interfaces: interfaces('192.168.1.10/24', '10.1.1.1/8', 'fe80::1/64', '169.254.3.3/16', 'fd00::1/64'), port: 4001, mappings }
    assert.deepEqual(hosts(ownCandidates({ ...own, withPrivate: false })), ['45.33.0.21 30000'])
    assert.deepEqual(hosts(ownCandidates({ ...own, withPrivate: true })).slice(1), ['192.168.1.10 4001', '10.1.1.1 4001', 'fd00::1 4001'])
  })

  it('offers no more than a peer takes', () => {
    const many = interfaces(...Array.from({ length: 50 }, (_, index) => `10.0.${String(index)}.1/24`))
    assert.equal(ownCandidates({ interfaces: many, port: 4001, mappings, withPrivate: true }).length, MAX_CANDIDATES)
  })
})

describe('targetsOf', () => {
  it('takes what the relay observed, and other ports of the same address', async () => {
    const targets = await targetsOf(remote([await signed('45.33.0.22', 30_000), plain('45.33.0.22', 4001)]))
    assert.deepEqual(targets.attested, [endpoint('45.33.0.22', 30_000)])
    assert.equal(targets.endpoints.length, 2)
  })

  it('drops the address of a third party: unsigned, signed by another, stale, or altered', async () => {
    const other = await generateKeyPair('Ed25519')
    const candidates = [
      plain('45.33.0.99'),
      { ...plain('45.33.0.98'), attestation: await attest(other, endpoint('45.33.0.98'), NOW) },
      await signed('45.33.0.97', 4001, NOW - ATTESTATION_FRESH_MS - 1),
      { ...await signed('45.33.0.96'), port: 4002 }
    ]
    assert.deepEqual(await targetsOf(remote(candidates)), { endpoints: [], attested: [] })
  })

  it('takes very few unsigned addresses when the relay signs nothing for us either', async () => {
    const candidates = [1, 2, 3, 4].map(number => plain(`45.33.0.${String(number)}`))
    const targets = await targetsOf(remote(candidates, { relayNowMs: undefined }))
    assert.equal(targets.endpoints.length, MAX_UNSIGNED_CANDIDATES)
    assert.deepEqual(targets.attested, [])
  })

  it('never takes loopback, link-local, multicast, broadcast or unspecified addresses, nor those that hide an IPv4 address', async () => {
    const never = ['127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.251', '255.255.255.255', '::1', '::', 'fe80::1', 'ff02::1', '64:ff9b::7f00:1', '::ffff:127.0.0.1']
    const candidates = never.map(host => ({ host: hostBytes(endpoint(host)), port: 4001, attestation: undefined }))
    for (const candidate of candidates) assert.deepEqual(await hostsIn(remote([candidate], { relayNowMs: undefined })), [])
    const mapped = { host: Uint8Array.from([...new Uint8Array(10), 255, 255, 127, 0, 0, 1]), port: 4001, attestation: undefined }
    assert.deepEqual(await hostsIn(remote([mapped], { relayNowMs: undefined })), [])
  })

  it('takes private addresses of our own subnets only, and only where that is allowed', async () => {
    const candidates = [plain('192.168.1.20'), plain('192.168.2.20'), plain('10.0.0.1')]
    assert.deepEqual(await hostsIn(remote(candidates)), ['192.168.1.20'])
    assert.deepEqual(await hostsIn(remote(candidates, { withPrivate: false })), [])
  })

  it('takes a bounded number of a thousand, all signed by the relay', async () => {
    const candidates = await Promise.all(Array.from({ length: 1_000 }, async (_, index) => await signed('45.33.0.22', 1_000 + index)))
    assert.equal((await targetsOf(remote(candidates))).endpoints.length, MAX_CANDIDATES)
  })
})
