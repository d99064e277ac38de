import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { STUN_SECOND_ANSWER_MS, STUN_TIMEOUT_MS, STUN_TRIES } from '../../src/config/nat-limits.ts'
import { toEndpoint, type Endpoint } from '../../src/nat/endpoint.ts'
import { natKindOf } from '../../src/nat/nat-kind.ts'
import { StunClient } from '../../src/nat/stun-client.ts'
import { decodeStun } from '../../src/nat/stun.ts'
import { FakeClock } from '../support/fake-clock.ts'

const endpoint = (port: number, host = '45.33.0.10'): Endpoint => toEndpoint(host, port) ?? assert.fail(`${host} is no address`)
const [first, second, mapped] = [endpoint(4001), endpoint(4002), endpoint(30_000, '45.33.0.21')]

function setUp() {
  const clock = new FakeClock()
  const sent: Array<{ bytes: Uint8Array, to: Endpoint }> = []
  const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))
  const client = new StunClient({ clock, send: (bytes, to) => { sent.push({ bytes, to }) }, randomBytes })
  const answer = (index: number, from?: Endpoint): void => {
    const question = sent[index] ?? assert.fail('not asked')
    const transactionId = decodeStun(question.bytes)?.transactionId ?? assert.fail('no STUN')
    client.handle({ kind: 'response', transactionId, mapped }, from ?? question.to)
  }
  return { clock, client, sent, answer, signal: new AbortController().signal }
}

describe('StunClient', () => {
  it('is done with two answers', async () => {
    const { client, answer, clock, signal } = setUp()
    const asked = client.ask([first, second, endpoint(4003)], signal)
    clock.advance(20)
    answer(0)
    answer(1)
    const answers = await asked
    assert.deepEqual(answers.map(({ server, rttMs }) => [server.port, rttMs]), [[4001, 20], [4002, 20]])
    assert.deepEqual(clock.pending, [])
  })

  it('is done when each family that was asked answered twice', async () => {
    const { client, answer, clock, signal } = setUp()
    const asked = client.ask([first, second, endpoint(4001, '2600:4001::10')], signal)
    answer(0)
    answer(1)
    answer(2)
    assert.deepEqual((await asked).map(({ server }) => server.family), [4, 4, 6])
    assert.deepEqual(clock.pending, [])
  })

  it('waits a little for the second answer, not until the deadline', async () => {
    const { client, answer, clock, signal } = setUp()
    const asked = client.ask([first, second], signal)
    answer(0)
    clock.advance(STUN_SECOND_ANSWER_MS)
    assert.equal((await asked).length, 1)
  })

  it('repeats a lost question and gives up in the end', async () => {
    const { client, sent, clock, signal } = setUp()
    const asked = client.ask([first], signal)
    clock.advance(STUN_TIMEOUT_MS)
    assert.deepEqual(await asked, [])
    assert.equal(sent.length, STUN_TRIES)
    assert.deepEqual(clock.pending, [])
  })

  it('believes only the server that was asked, and only once', async () => {
    const { client, answer, clock, signal } = setUp()
    const asked = client.ask([first, second], signal)
    answer(0, endpoint(4001, '45.33.0.66'))
    answer(0)
    answer(0)
    clock.advance(STUN_TIMEOUT_MS)
    assert.equal((await asked).length, 1)
  })

  it('ends at once when it is called off', async () => {
    const { client, clock } = setUp()
    const controller = new AbortController()
    const asked = client.ask([first], controller.signal)
    controller.abort()
    assert.deepEqual(await asked, [])
    assert.deepEqual(clock.pending, [])
  })
})

describe('natKindOf', () => {
  it('tells the kinds by what the servers saw', () => {
    const other = endpoint(30_001, '45.33.0.21')
    assert.equal(natKindOf([], []), 'blocked')
    assert.equal(natKindOf([mapped], []), 'unknown')
    assert.equal(natKindOf([mapped, mapped], ['192.168.1.2']), 'easy')
    assert.equal(natKindOf([mapped, other], ['192.168.1.2']), 'hard')
    assert.equal(natKindOf([mapped, mapped], ['45.33.0.21']), 'open')
  })
})
