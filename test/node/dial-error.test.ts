import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError } from '../../src/lib/errors.ts'
import { dialError } from '../../src/node/dial-error.ts'

const named = (name: string, message = name): Error => Object.assign(new Error(message), { name })
const system = (code: string): Error => Object.assign(new Error(`connect ${code} 192.0.2.7:4001`), { code })

const reasons: Array<[string, Error, string, RegExp]> = [
  ['nothing listens', system('ECONNREFUSED'), 'refused', /nothing listens/],
  ['the system gives up', system('ETIMEDOUT'), 'timeout', /in time/],
  ['our own deadline passes', named('TimeoutError'), 'timeout', /in time/],
  ['the dial is cut off', named('AbortError'), 'timeout', /in time/],
  ['there is no route to the host', system('EHOSTUNREACH'), 'no-route', /no route/],
  ['there is no route to the network', system('ENETUNREACH'), 'no-route', /no route/],
  ['no address is known', named('NoValidAddressesError'), 'no-address', /no address of it is known/],
  ['somebody else answers', named('UnexpectedPeerError'), 'wrong-key', /different key/],
  ['somebody else answers (an invalid peer ID)', named('InvalidPeerIdError'), 'wrong-key', /different key/],
  ['somebody else answers (as noise puts it)', named('EncryptionFailedError', 'Payload identity key A does not match expected remote identity key B'), 'wrong-key', /different key/],
  ['a handshake is never finished', named('EncryptionFailedError', 'The operation was aborted due to timeout'), 'timeout', /in time/],
  ['something else breaks', system('ECONNRESET'), 'network', /the connection failed/],
  ['nobody knows why', new Error('?'), 'network', /the connection failed/]
]

describe('dialError', () => {
  for (const [name, thrown, reason, text] of reasons) {
    it(`is UNREACHABLE with "${reason}" when ${name}`, () => {
      const error = dialError('12D3KooWExample', thrown)
      assert.deepEqual([error.code, error.reason, error.cause], ['UNREACHABLE', reason, thrown])
      assert.match(error.message, /^peer 12D3KooWExample cannot be reached: /)
      assert.match(error.message, text)
    })
  }

  it('finds the reason below the errors of the library', () => {
    const deep = new Error('dial failed', { cause: new Error('transport', { cause: system('ECONNREFUSED') }) })
    assert.equal(dialError('x', deep).reason, 'refused')
  })

  it('takes the most telling reason where several addresses failed', () => {
    const all = [system('EHOSTUNREACH'), named('TimeoutError'), new Error('?'), system('ECONNREFUSED')]
    assert.equal(dialError('x', new AggregateError(all)).reason, 'refused')
    assert.equal(dialError('x', new AggregateError([...all, new Error('wrapped', { cause: named('UnexpectedPeerError') })])).reason, 'wrong-key')
    assert.equal(dialError('x', new AggregateError([named('TimeoutError'), new AggregateError([system('ENETUNREACH')])])).reason, 'timeout')
    assert.equal(dialError('x', new AggregateError([])).reason, 'network')
  })

  it('passes an error on that already says what happened', () => {
    const known = new MeshError('UNREACHABLE', 'no known address has TCP port 7', { reason: 'no-address' })
    assert.equal(dialError('x', known), known)
  })

  it('copes with what is no error at all', () => {
    assert.equal(dialError('x', 'just text').reason, 'network')
  })
})
