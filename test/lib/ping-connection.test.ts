import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { pingConnection } from '../../src/lib/ping-connection.ts'
import { plainPair } from '../support/streams.ts'

/** A connection whose streams end at this answerer. */
async function pinged(answer: (data: Uint8Array, far: Stream) => void, signal = AbortSignal.timeout(5_000)) {
  const [near, far] = await plainPair()
  far.addEventListener('message', ({ data }) => { answer(data.subarray(), far) })
  far.addEventListener('remoteCloseWrite', () => { void far.close() })
  const asked: unknown[] = []
  const connection = {
    newStream: async (protocol: string, options: { runOnLimitedConnection: boolean }) => {
      asked.push(protocol, options.runOnLimitedConnection)
      return near
    }
  }
  return { near, asked, pinging: pingConnection(connection as unknown as Connection, { signal }) }
}

describe('pingConnection', () => {
  it('tells the round trip when the same bytes come back, also over a relayed connection', async () => {
    const { pinging, asked, near } = await pinged((data, far) => { far.send(data) })
    assert.ok(await pinging > 0)
    assert.deepEqual(asked, ['/ipfs/ping/1.0.0', true])
    assert.notEqual(near.writeStatus, 'writable')
  })

  it('puts bytes together that come back in pieces', async () => {
    const { pinging } = await pinged((data, far) => {
      far.send(data.subarray(0, 5))
      far.send(data.subarray(5))
    })
    assert.ok(await pinging > 0)
  })

  it('fails when other bytes come back', async () => {
    const { pinging, near } = await pinged((data, far) => { far.send(Uint8Array.from(data, byte => byte ^ 1)) })
    await assert.rejects(pinging, /other bytes/)
    assert.equal(near.status, 'aborted')
  })

  it('fails when the other end hangs up', async () => {
    const { pinging } = await pinged((_data, far) => { far.abort(new Error('no')) })
    await assert.rejects(pinging)
  })

  it('fails when nothing comes back in time, and leaves no stream open', async () => {
    const ending = new AbortController()
    const { pinging, near } = await pinged(() => { ending.abort(new Error('too slow')) }, ending.signal)
    await assert.rejects(pinging)
    assert.equal(near.status, 'aborted')
  })
})
