import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MeshError, toMeshError } from '../../src/lib/errors.ts'
import { listenError } from '../../src/node/listen-error.ts'

/** What libp2p says of these addresses. */
function refused(...failures: Array<[address: string, why: string]>): Error {
  const lines = failures.map(([address, why]) => `\n  ${address}: Error: ${why}\n      at Server.setupListenHandle [as _listen2] (node:net:2328:16)\n`)
  return new Error(`Some configured addresses failed to be listened on, you may need to remove one or more listen addresses:\n${lines.join('')}`)
}

const TAKEN = refused(['/ip4/127.0.0.1/tcp/4001', 'listen EADDRINUSE: address already in use 127.0.0.1:4001'])
const ELSEWHERE = refused(
  ['/ip4/127.0.0.1/tcp/4001', 'listen EADDRINUSE: address already in use 127.0.0.1:4001'],
  ['/ip4/192.0.2.7/tcp/4001', 'listen EADDRNOTAVAIL: address not available 192.0.2.7:4001']
)

describe('listenError', () => {
  it('names each address and what is wrong with it, without stack traces', () => {
    const error = listenError(ELSEWHERE)
    assert.ok(error instanceof MeshError)
    assert.equal(error.message, 'cannot listen on /ip4/127.0.0.1/tcp/4001: listen EADDRINUSE: address already in use 127.0.0.1:4001; '
    + '/ip4/192.0.2.7/tcp/4001: listen EADDRNOTAVAIL: address not available 192.0.2.7:4001')
    assert.equal(error.cause, undefined)
  })

  it('tells ports that are taken from addresses that are not there', () => {
    assert.deepEqual([TAKEN, ELSEWHERE].map(error => toMeshError(listenError(error)).reason), ['port-taken', undefined])
  })

  it('leaves every other failure alone', () => {
    const error = new MeshError('NOT_RUNNING', 'another process uses the folder')
    assert.equal(listenError(error), error)
  })
})
