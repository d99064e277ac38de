import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { pbStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { requestDialBack, type DialBackResult } from '../../src/protocols/dial-back-request.ts'
import { AutoNATMessage } from '../../src/protocols/pb/autonat.ts'
import { SELF } from '../support/fake-mesh.ts'
import { yamuxPair } from '../support/streams.ts'

const OWN = { peerId: peerIdFromString(SELF), address: multiaddr('/ip4/45.33.0.9/tcp/4001') }
const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })

async function answeredWith(answer: AutoNATMessage): Promise<{ result: Promise<DialBackResult>, question: AutoNATMessage }> {
  const [near, far] = await yamuxPair()
  const result = requestDialBack({ newStream: async () => await Promise.resolve(near) } as unknown as Connection, OWN, options())
  const messages = pbStream(far)
  const question = await messages.read(AutoNATMessage, options())
  await messages.write(answer, AutoNATMessage, options())
  await far.close(options())
  return { result, question }
}

describe('requestDialBack', () => {
  it('names this peer and the one address', async () => {
    const { question } = await answeredWith({ type: 1, dialResponse: { status: 0 } })
    assert.deepEqual(question.dial?.peer?.addrs.map(bytes => multiaddr(bytes).toString()), [OWN.address.toString()])
    assert.deepEqual(Buffer.from(question.dial.peer.id ?? []), Buffer.from(OWN.peerId.toMultihash().bytes))
  })

  const ANSWERS: Array<[AutoNATMessage, DialBackResult]> = [
    [{ type: 1, dialResponse: { status: 0, addr: OWN.address.bytes } }, 'reached'],
    [{ type: 1, dialResponse: { statusText: 'a zero is left out by some' } }, 'reached'],
    [{ type: 1, dialResponse: { status: 100, statusText: 'timeout' } }, 'unreachable'],
    [{ type: 1, dialResponse: { status: 101 } }, 'unknown'],
    [{ type: 1, dialResponse: { status: 4_711 } }, 'unknown'],
    [{ type: 1 }, 'unknown']
  ]
  for (const [answer, expected] of ANSWERS) {
    it(`takes ${JSON.stringify(answer.dialResponse?.status ?? 'no status')} for ${expected}`, async () => {
      assert.equal(await (await answeredWith(answer)).result, expected)
    })
  }

  it('fails on what is no answer', async () => {
    const [near, far] = await yamuxPair()
    const result = requestDialBack({ newStream: async () => await Promise.resolve(near) } as unknown as Connection, OWN, options())
    far.abort(new Error('no'))
    await assert.rejects(result)
  })
})
