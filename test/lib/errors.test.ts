import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type * as Errors from '../../src/lib/errors.ts'
import { MeshError, systemCode, toError, toMeshError } from '../../src/lib/errors.ts'

describe('MeshError', () => {
  it('carries its code, the facts given and the cause', () => {
    const cause = new Error('refused')
    const error = new MeshError('RATE_LIMITED', 'too many', { cause, reason: 'rate', retryAfterMs: 5, messageId: 'm', state: 'queued', queued: true, candidates: ['a'] })
    assert.ok(error instanceof Error)
    assert.deepEqual(
      [error.name, error.code, error.message, error.cause, error.reason, error.retryAfterMs, error.messageId, error.state, error.queued, error.candidates],
      ['MeshError', 'RATE_LIMITED', 'too many', cause, 'rate', 5, 'm', 'queued', true, ['a']]
    )
  })

  it('has no cause where none was given', () => {
    assert.equal('cause' in new MeshError('INTERNAL', 'x'), false)
  })

  it('keeps its code when it comes from another copy of the plugin', async () => {
    const copy = await import(new URL('../../src/lib/errors.ts?copy', import.meta.url).href) as typeof Errors
    assert.notEqual(copy.MeshError, MeshError)
    const foreign = new copy.MeshError('HELD_FOR_APPROVAL', 'held')
    assert.equal(toMeshError(foreign), foreign)
    assert.equal(new TypeError('x') instanceof MeshError, false)
  })
})

describe('what was thrown', () => {
  it('is passed on as it is when it is an error', () => {
    const error = new TypeError('x')
    const known = new MeshError('NOT_FOUND', 'x')
    assert.equal(toError(error), error)
    assert.equal(toMeshError(known), known)
  })

  it('becomes an error when it is none', () => {
    assert.equal(toError('just text').message, 'just text')
    assert.equal(toError(undefined).message, 'undefined')
  })

  it('becomes INTERNAL when nobody expected it, and keeps its cause', () => {
    const error = new TypeError('x is undefined')
    const converted = toMeshError(error)
    assert.deepEqual([converted.code, converted.message, converted.cause], ['INTERNAL', 'x is undefined', error])
  })

  it('tells its system code, where it has one', async () => {
    const missing: unknown = await open('/nonexistent/file').catch((error: unknown) => error)
    assert.equal(systemCode(missing), 'ENOENT')
    assert.equal(systemCode(new Error('x')), undefined)
    assert.equal(systemCode(Object.assign(new Error('x'), { code: 7 })), undefined)
    assert.equal(systemCode('ENOENT'), undefined)
  })
})
