import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Transfer } from '../../src/mesh-api.ts'
import { bytesText, progressLine, transferText } from '../../src/openclaw/file-text.ts'
import { TRANSFER } from '../support/fake-mesh.ts'

const moving = (over: Partial<Transfer>): Transfer => ({ ...TRANSFER, state: 'moving', ...over })

describe('a file as text', () => {
  for (const [bytes, text] of [[0, '0 B'], [999, '999 B'], [1_000, '1.0 kB'], [52_428_800, '52.4 MB'], [1_073_741_824, '1.1 GB'], [5e15, '5000.0 TB']] as const) {
    it(`has ${text}`, () => { assert.equal(bytesText(bytes), text) })
  }

  it('has a bar with rate and time left while it moves', () => {
    assert.equal(progressLine(moving({ moved: 500_000, bytesPerSecond: 100_000 })), '[######------------------]  25 %  500.0 kB of 2.0 MB  100.0 kB/s  15 s left')
    assert.match(progressLine(moving({ moved: 0, bytesPerSecond: 500 })), /1 h 6 min left$/)
    assert.match(progressLine(moving({ moved: 0, bytesPerSecond: 20_000 })), /1 min 40 s left$/)
    assert.match(progressLine(moving({ moved: 0, bytesPerSecond: 0 })), /stalled$/)
    assert.equal(progressLine({ ...TRANSFER, bytes: 0, moved: 0 }), '[########################] 100 %  0 B of 0 B')
    assert.match(progressLine({ ...TRANSFER, state: 'queued', moved: 0 }), /queued$/)
  })

  it('says what can be done about one that waits, and why another ended', () => {
    const asked = transferText({ ...TRANSFER, state: 'asking', alias: 'b\u001bob' })
    assert.match(asked, /openclaw p2p files accept 0197c1a2-\S+ - or not: openclaw p2p files cancel 0197c1a2/)
    assert.match(asked, /from b\\u\{1b\}ob \(12D3/)
    const failed = transferText({ ...TRANSFER, direction: 'out', state: 'failed', error: { code: 'DISK_FULL', message: 'the disk is full\n', cause: 'by-recipient' } })
    assert.match(failed, /failed\n {2}DISK_FULL \(by-recipient\): the disk is full\\n$/)
  })
})
