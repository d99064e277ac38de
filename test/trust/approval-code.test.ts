import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApprovalCode, parseApprovalCode } from '../../src/trust/approval-code.ts'

const counting = (): (() => number) => {
  let count = 0
  return () => count++ % 32 / 32
}

describe('createApprovalCode', () => {
  it('makes two groups of four letters that cannot be mistaken for each other', () => {
    const random = counting()
    const codes = Array.from({ length: 4 }, () => createApprovalCode(random))
    assert.deepEqual(codes, ['0123-4567', '89AB-CDEF', 'GHJK-MNPQ', 'RSTV-WXYZ'])
  })

  it('takes every number that a random source gives', () => {
    assert.equal(createApprovalCode(() => 0), '0000-0000')
    assert.equal(createApprovalCode(() => 1 - Number.EPSILON / 2), 'ZZZZ-ZZZZ')
  })
})

describe('parseApprovalCode', () => {
  it('reads a code as people type it', () => {
    for (const text of ['K7QF-2M9X', 'k7qf-2m9x', ' K7QF2M9X\n', 'k7-qf-2m-9x']) assert.equal(parseApprovalCode(text), 'K7QF-2M9X')
  })

  it('reads nothing else as one', () => {
    for (const text of ['', '-', 'K7QF-2M9', 'K7QF-2M9XX', 'K7QF-2M9I', 'K7QF-2M9U', 'K7QF 2M9X', 'Ⅷ7QF-2M9X', 'office-mac']) {
      assert.equal(parseApprovalCode(text), undefined, text)
    }
  })

  it('reads what is created', () => {
    const random = counting()
    for (let round = 0; round < 100; round++) {
      const code = createApprovalCode(random)
      assert.equal(parseApprovalCode(code.toLowerCase()), code)
    }
  })
})
