import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANNOUNCE_INTERVAL_MS, DUPLICATE_KEY_LINES_PER_HOUR, MAX_DUPLICATE_KEYS } from '../../src/config/limits.ts'
import { DuplicateKeys } from '../../src/routes/duplicate-keys.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { LogRecorder } from '../support/log-recorder.ts'

function duplicateKeys() {
  const clock = new FakeClock()
  const log = new LogRecorder()
  return { clock, log, keys: new DuplicateKeys({ ownPeerId: 'us', log, now: clock.now }) }
}

describe('keys in use twice', () => {
  it('are said once each, with what to do, and are told while they are in use', () => {
    const { clock, log, keys } = duplicateKeys()
    for (let count = 0; count < 3; count++) {
      keys.handlePeer('alice')
      keys.handleOwn('peer bob')
      clock.advance(ANNOUNCE_INTERVAL_MS)
    }
    assert.deepEqual(log.complaints.map(line => line.replace(/: a copied machine.* restart it$/, '')),
      ['Two live nodes use the key of alice', 'Another live node uses the key of this one, as noticed by peer bob'])
    assert.ok(log.complaints.every(line => line.endsWith('Move identity.key away on one of them and restart it')))
    assert.deepEqual(keys.peerIds, ['alice', 'us'])
    clock.advance(2 * ANNOUNCE_INTERVAL_MS)
    assert.deepEqual(keys.peerIds, [])
  })

  it('are said again when they come back', () => {
    const { clock, log, keys } = duplicateKeys()
    keys.handlePeer('alice')
    clock.advance(3 * ANNOUNCE_INTERVAL_MS)
    keys.handlePeer('alice')
    assert.equal(log.complaints.length, 2)
  })

  it('that strangers make up fill neither log nor memory', () => {
    const { clock, log, keys } = duplicateKeys()
    for (let index = 0; index < 1_000; index++) {
      keys.handlePeer(`stranger ${index}`)
      if (index % 10 === 0) clock.advance(1_000)
    }
    assert.ok(log.complaints.length <= 2 * DUPLICATE_KEY_LINES_PER_HOUR, String(log.complaints.length))
    assert.ok(keys.peerIds.length <= MAX_DUPLICATE_KEYS)
  })
})
