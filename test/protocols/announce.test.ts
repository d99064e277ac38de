import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_ANNOUNCE_BYTES, MAX_ANNOUNCED_ADDRESSES, MAX_CARD_SKILLS } from '../../src/config/limits.ts'
import { InvalidAnnounceError, openAnnounce, sealAnnounce, type Announce } from '../../src/protocols/announce.ts'
import { InstanceRecord } from '../../src/protocols/pb/instance.ts'

const keyOf = async (seed: number) => await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
const ours = await keyOf(1)
const theirs = await keyOf(2)
const peerId = peerIdFromPrivateKey(ours)

const announce: Announce = {
  instanceName: 'office-mac', seq: 7, addrs: [multiaddr('/ip4/192.0.2.7/tcp/4001'), multiaddr('/dns4/mesh.example.org/tcp/443/wss')],
  bootId: '0123456789abcdef', recipientBootIds: [], card: { description: 'Knows the office', skills: ['calendar', 'printer'] }
}
const addresses = (opened: Announce): string[] => opened.addrs.map(String)

const PAYLOAD_TYPE = new TextEncoder().encode('/libp2p-mesh/instance/1')

interface Forgery {
  domain?: string
  type?: Uint8Array
  payload?: Uint8Array
}

/** A record as a dishonest but well-equipped peer would seal it. */
async function forge(record: Partial<InstanceRecord>, { domain = 'libp2p-mesh-instance', type = PAYLOAD_TYPE, payload }: Forgery = {}): Promise<Uint8Array> {
  const bytes = payload ?? InstanceRecord.encode({
    instanceName: 'office-mac', seq: 7, addrs: [], bootId: new Uint8Array(8), ...record
  })
  return (await RecordEnvelope.seal({ domain, codec: type, marshal: () => bytes, equals: () => false }, ours)).marshal()
}

describe('an announce', () => {
  it('comes back as it was sealed', async () => {
    const opened = await openAnnounce(await sealAnnounce(announce, ours), peerId)
    assert.deepEqual({ ...opened, addrs: addresses(opened) }, { ...announce, addrs: addresses(announce) })
  })

  it('needs neither card nor addresses', async () => {
    const { card: _card, ...bare } = announce
    const opened = await openAnnounce(await sealAnnounce({ ...bare, addrs: [] }, ours), peerId)
    assert.deepEqual(opened, { ...bare, addrs: [] })
  })

  it('may be a goodbye', async () => {
    const opened = await openAnnounce(await sealAnnounce({ ...announce, isLeaving: true }, ours), peerId)
    assert.equal(opened.isLeaving, true)
  })

  it('tells so many addresses at most', async () => {
    const many = Array.from({ length: MAX_ANNOUNCED_ADDRESSES + 5 }, (_, index) => multiaddr(`/ip4/192.0.2.7/tcp/${index + 1}`))
    const opened = await openAnnounce(await sealAnnounce({ ...announce, addrs: many }, ours), peerId)
    assert.deepEqual(addresses(opened), many.slice(0, MAX_ANNOUNCED_ADDRESSES).map(String))
  })

  it('shows texts on one line, escaped and cut', async () => {
    const card = { description: `\u001b[31m\n${'x'.repeat(1_000)}`, skills: [`\u202e${'y'.repeat(100)}`] }
    const opened = await openAnnounce(await sealAnnounce({ ...announce, card }, ours), peerId)
    assert.match(opened.card?.description ?? '', /^\\u\{1b\}\[31m\\nx+…$/)
    assert.deepEqual([opened.card?.description.length, opened.card?.skills[0]?.length, opened.card?.skills[0]?.startsWith('\\u{202e}y')], [500, 64, true])
  })
})

describe('an announce that is not taken', () => {
  const refused: Array<[string, () => Promise<Uint8Array>, RegExp]> = [
    ['of another peer', async () => await sealAnnounce(announce, theirs), /another peer/],
    ['of noise', async () => Buffer.from('noise, noise, noise'), /signature not valid/],
    ['of nothing', async () => new Uint8Array(), /signature not valid/],
    ['that is too long', async () => new Uint8Array(MAX_ANNOUNCE_BYTES + 1), /record of 8193 bytes/],
    ['signed for another purpose', async () => await forge({}, { domain: 'libp2p-peer-record' }), /signature not valid/],
    ['of another type', async () => await forge({}, { type: Buffer.from('/other') }), /another type/],
    ['whose content is noise', async () => await forge({}, { payload: Buffer.from('noise, noise') }), /not an instance record|instance name/],
    ['with an unsafe name', async () => await forge({ instanceName: 'Office Mac\n' }), /instance name outside/],
    ['without a name', async () => await forge({ instanceName: '' }), /instance name outside/],
    ['with a name that is too long', async () => await forge({ instanceName: 'x'.repeat(49) }), /instance name outside/],
    ['without a sequence number', async () => await forge({ seq: 0 }), /sequence number/],
    ['with a short boot ID', async () => await forge({ bootId: new Uint8Array(7) }), /boot ID/],
    ['with an address that is none', async () => await forge({ addrs: [Uint8Array.of(0xff, 0xff, 0xff)] }), /malformed multiaddr/],
    ['with too many addresses', async () => await forge({ addrs: Array.from({ length: MAX_ANNOUNCED_ADDRESSES + 1 }, () => new Uint8Array(1)) }), /not an instance record/],
    ['with too many skills', async () => await forge({ card: { description: '', skills: Array.from({ length: MAX_CARD_SKILLS + 1 }, () => 'x') } }), /not an instance record/]
  ]
  for (const [name, seal, expected] of refused) {
    it(`is one ${name}`, async () => {
      await assert.rejects(openAnnounce(await seal(), peerId), (error: unknown) => error instanceof InvalidAnnounceError && expected.test(error.message))
    })
  }

  it('is one whose content was changed on its way, wherever that was', async () => {
    const sealed = await sealAnnounce(announce, ours)
    let refusals = 0
    for (let index = 0; index < sealed.length; index += 3) {
      const changed = Uint8Array.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 0x01
      try {
        const opened = await openAnnounce(changed, peerId)
        assert.deepEqual({ ...opened, addrs: addresses(opened) }, { ...announce, addrs: addresses(announce) }, `byte ${index}`)
      } catch (error) {
        assert.ok(error instanceof InvalidAnnounceError, String(error))
        refusals += 1
      }
    }
    assert.ok(refusals > sealed.length / 3 * 0.9, String(refusals)) // some bits say nothing, e.g. how a field is written
  })
})
