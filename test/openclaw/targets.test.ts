import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRecipient } from '../../src/lib/recipient.ts'
import { isWellFormedTarget, normalizeTarget, peerIdOf } from '../../src/openclaw/targets.ts'
import { PEER } from '../support/fake-mesh.ts'

describe('targets', () => {
  it('lose the channel prefix', () => {
    for (const prefix of ['libp2p-mesh:', 'p2p:', 'peer:', '']) assert.equal(normalizeTarget(` ${prefix}${PEER} `), PEER)
    assert.equal(normalizeTarget(`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`), `/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`)
  })

  const good = [PEER, `/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`, 'office-mac@a1b2c3d4e5f6a7b8', 'a1b2c3d4e5f6a7b8', 'bob', 'Büro 2']
  const bad = ['', PEER.slice(0, -2), `${PEER}x`, '/ip4/192.0.2.7/tcp/4001', '12D3KooWbad', '!!', 'a\nb', 'name@nohex']

  for (const target of good) {
    it(`accept "${target}", as the mesh does`, () => {
      assert.ok(isWellFormedTarget(target))
      assert.doesNotThrow(() => parseRecipient(target))
    })
  }

  for (const target of bad) {
    it(`refuse "${target}", as the mesh does`, () => {
      assert.ok(!isWellFormedTarget(target))
      assert.throws(() => parseRecipient(target))
    })
  }

  it('tell the peer ID where they hold it', () => {
    assert.equal(peerIdOf(PEER), PEER)
    assert.equal(peerIdOf(`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`), PEER)
    assert.equal(peerIdOf('bob'), undefined)
  })
})
