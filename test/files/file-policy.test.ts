import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_OPEN_PER_PEER, MAX_OPEN_TRANSFERS } from '../../src/config/file-limits.ts'
import { decideFile, type FileFacts } from '../../src/files/file-policy.ts'

const NOTHING = { files: 0, bytes: 0 }
const FACTS: FileFacts = {
  limits: { maxBytes: 1_000, askAboveBytes: 100, perPeerBytes: 2_000, totalBytes: 3_000 }, dmPolicy: 'pairing', status: 'approved', bytes: 100, isAccepted: false,
  ofPeer: NOTHING, ofAll: NOTHING, openOfPeer: 0, openOfAll: 0, freeBytes: 10_000
}

describe('a file that a peer offers', () => {
  it('is taken up to a size, and asked about beyond', () => {
    assert.equal(decideFile(FACTS).action, 'accept')
    assert.equal(decideFile({ ...FACTS, bytes: 101 }).action, 'ask')
    assert.equal(decideFile({ ...FACTS, bytes: 101, isAccepted: true }).action, 'accept')
  })

  const refusals: Array<[string, Partial<FileFacts>, string]> = [
    ['of a stranger', { status: 'unknown' }, 'NOT_APPROVED'],
    ['of a stranger where everybody may write', { status: 'unknown', dmPolicy: 'open' }, 'NOT_APPROVED'],
    ['of a blocked peer', { status: 'blocked' }, 'BLOCKED'],
    ['where nothing of peers is taken', { dmPolicy: 'disabled' }, 'NOT_ALLOWED'],
    ['that is too large, also when the owner agreed', { bytes: 1_001, isAccepted: true }, 'TOO_LARGE'],
    ['beyond the quota of its sender', { ofPeer: { files: 3, bytes: 1_901 } }, 'QUOTA_EXCEEDED'],
    ['beyond the quota of all', { ofAll: { files: 3, bytes: 2_901 } }, 'QUOTA_EXCEEDED'],
    ['that the disk has no room for', { freeBytes: 99 }, 'DISK_FULL'],
    ['while too many of its sender have not ended', { openOfPeer: MAX_OPEN_PER_PEER }, 'QUEUE_FULL'],
    ['while too many have not ended', { openOfAll: MAX_OPEN_TRANSFERS }, 'QUEUE_FULL']
  ]
  for (const [what, facts, code] of refusals) {
    it(`${what} is refused with ${code}`, () => {
      const decision = decideFile({ ...FACTS, ...facts })
      assert.equal(decision.action === 'refuse' && decision.error.code, code)
    })
  }
})
