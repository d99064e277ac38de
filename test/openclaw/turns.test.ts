import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RunningTurns } from '../../src/openclaw/turns.ts'

describe('RunningTurns', () => {
  it('adds one hop to what a peer\'s turn sends, and none to what others send', () => {
    const turns = new RunningTurns()
    const end = turns.begin('agent:main:libp2p-mesh:direct:12D3', 2)
    assert.equal(turns.hopsOf('agent:main:libp2p-mesh:direct:12d3'), 3)
    assert.equal(turns.hopsOf('agent:main:main'), 0)
    assert.equal(turns.hopsOf(undefined), 0)
    end()
    assert.equal(turns.hopsOf('agent:main:libp2p-mesh:direct:12d3'), 0)
  })

  it('takes the deepest turn where the session is not known', () => {
    const turns = new RunningTurns()
    assert.equal(turns.highestHops(), 0)
    turns.begin('one', 0)
    turns.begin('two', 3)
    assert.equal(turns.highestHops(), 4)
  })
})
