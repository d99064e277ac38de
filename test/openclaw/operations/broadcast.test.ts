import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { broadcast } from '../../../src/openclaw/operations/broadcast.ts'
import { FakeMesh } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

describe('broadcast', () => {
  it('hands on the text, the topic and the hops of the calling turn, and says how many peers it went to', async () => {
    const mesh = new FakeMesh()
    const { details, text } = await asAgent(broadcast, { message: 'hello', topic: 'other' }, { mesh, hops: 2 })
    assert.deepEqual(mesh.broadcasts, [{ text: 'hello', hops: 2, topic: 'other' }])
    assert.deepEqual(details, { ok: true, messageId: 'out-1', topic: 'other', recipients: 2 })
    assert.match(text, /went to 2 peers/)
  })

  it('says that nobody got it', async () => {
    const mesh = new FakeMesh({ broadcast: async () => ({ messageId: 'b1', topic: 'openclaw-mesh', recipients: 0 }) })
    const { details, text } = await asOwner(broadcast, { message: 'hello' }, { mesh })
    assert.deepEqual(details, { ok: true, messageId: 'b1', topic: 'openclaw-mesh', recipients: 0 })
    assert.match(text, /went to 0 peers/)
  })
})
