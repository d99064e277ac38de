import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_RACES_PER_PEER_PER_HOUR } from '../../src/config/nat-limits.ts'
import type { Plane } from '../../src/nat/plane.ts'
import { Puncher, type PunchAllowance, type PuncherComponents } from '../../src/nat/puncher.ts'
import { SignalChannel, type PunchOffer, type PunchSignal } from '../../src/protocols/punch-signal.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { silentLogger } from '../support/nat/silent-logger.ts'

const SELF = peerIdFromString('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const PEER = peerIdFromString('12D3KooWQN39TP9tWyB5ff4c1XQtoEtBHAAv8K2jYWFciTmAXX4Y')
const RELAYED = multiaddr(`/ip4/45.33.0.10/tcp/4001/p2p/${SELF.toString()}/p2p-circuit/p2p/${PEER.toString()}`)
const DIRECT = multiaddr(`/ip4/45.33.0.22/tcp/4001/p2p/${PEER.toString()}`)
const signal = AbortSignal.timeout(30_000)
const offer: PunchOffer = { plane: 'udp', purpose: 'connect', token: new Uint8Array(16), streamId: 1, nat: 'easy', candidates: [], gatherMs: 0 }

type Handler = Parameters<PuncherComponents['registrar']['handle']>[1]

/** A puncher whose only plane has nothing to offer, and counts how often it was asked. */
async function setUp(allowance: PunchAllowance, connections: Connection[] = []) {
  let [handler, prepared]: [Handler | undefined, number] = [undefined, 0]
  const prepare = async (): Promise<'unsupported'> => {
    prepared++
    return 'unsupported'
  }
  const plane: Plane = { name: 'udp', prepare }
  const components: PuncherComponents = {
    peerId: SELF, logger: silentLogger(),
    registrar: { handle: async (_protocol, given) => { handler = given }, unhandle: async () => { handler = undefined } },
    connectionManager: { getConnections: () => connections, openConnection: async () => { throw new Error('nobody is there') } },
    peerStore: { get: async () => { throw new Error('unknown peer') } },
    upgrader: { upgradeInbound: async () => { assert.fail('no upgrade was due') }, upgradeOutbound: async () => assert.fail('no upgrade was due') }
  }
  const puncher = new Puncher(components, {
    planes: [plane], allowance: () => allowance, names: { addresses: async () => [] }, clock: new FakeClock(),
    randomBytes: length => new Uint8Array(length), onFollowed: () => undefined
  })
  await puncher.start()
  const arrive = async (address = RELAYED): Promise<{ stream: Stream, channel: SignalChannel }> => {
    const [stream, theirs] = await streamPair()
    await handler?.(theirs, { remotePeer: PEER, remoteAddr: address } as Connection)
    return { stream, channel: new SignalChannel(stream) }
  }
  const ask = async (question: PunchSignal, address?: typeof RELAYED): Promise<PunchSignal> => {
    const { channel } = await arrive(address)
    await channel.write(question, { signal })
    const answer = await channel.read({ signal })
    if (answer.kind === 'echo') return answer
    await channel.write({ kind: 'done', isDirect: false, why: '' }, { signal })
    await assert.rejects(channel.read({ signal })) // until the other side has closed, it counts as busy
    return answer
  }
  return { puncher, ask, arrive, prepared: () => prepared }
}

describe('Puncher', () => {
  it('refuses a peer without approval before it does anything for it', async () => {
    const { ask, prepared } = await setUp('none')
    assert.deepEqual(await ask({ kind: 'offer', offer }), { kind: 'refusal', reason: 'not-approved' })
    assert.equal(prepared(), 0)
  })

  it('refuses offers over a connection that is direct already', async () => {
    const { ask, prepared } = await setUp('full')
    assert.deepEqual(await ask({ kind: 'offer', offer }, DIRECT), { kind: 'refusal', reason: 'unsupported' })
    assert.equal(prepared(), 0)
  })

  it('takes part in a bounded number of attempts of one peer', async () => {
    const { ask, prepared } = await setUp('full')
    for (let count = 0; count < MAX_RACES_PER_PEER_PER_HOUR; count++) {
      assert.deepEqual(await ask({ kind: 'offer', offer: { ...offer, plane: 'tcp' } }), { kind: 'refusal', reason: 'unsupported' })
    }
    assert.deepEqual(await ask({ kind: 'offer', offer }), { kind: 'refusal', reason: 'budget' })
    assert.equal(prepared(), 0)
  })

  it('sends an echo back over whichever connection it came', async () => {
    const { ask } = await setUp('none')
    const echo: PunchSignal = { kind: 'echo', bytes: new Uint8Array(16).fill(4) }
    assert.deepEqual(await ask(echo, DIRECT), echo)
  })

  it('cuts a stream that brings no signal, or the wrong one', async () => {
    const { arrive } = await setUp('full')
    for (const bytes of [Uint8Array.of(3, 255, 255, 255), Uint8Array.of(2, 16, 1)]) {
      const { stream, channel } = await arrive()
      stream.send(bytes)
      await assert.rejects(channel.read({ signal }))
    }
  })

  it('does not wait for an attempt when it stops', async () => {
    const { puncher, arrive } = await setUp('full')
    const { channel } = await arrive()
    const reading = channel.read({ signal })
    await puncher.stop()
    await assert.rejects(reading)
  })

  it('says why it made no attempt itself', async () => {
    const options = { signal }
    assert.deepEqual(await (await setUp('none')).puncher.punch(PEER, 'connect', options), { isDirect: false, why: 'not-approved' })
    assert.deepEqual(await (await setUp('full')).puncher.punch(PEER, 'connect', options), { isDirect: false, why: 'no-relay' })
  })

  it('spends its budget on attempts of its own too', async () => {
    const { puncher } = await setUp('full')
    for (let count = 0; count < MAX_RACES_PER_PEER_PER_HOUR; count++) await puncher.punch(PEER, 'connect', { signal })
    assert.deepEqual(await puncher.punch(PEER, 'connect', { signal }), { isDirect: false, why: 'budget' })
  })
})
