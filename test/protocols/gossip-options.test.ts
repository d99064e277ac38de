import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPeerScoreThresholds } from '@libp2p/gossipsub/score'
import { gossipOptions, type GossipOptionsInit } from '../../src/protocols/gossip-options.ts'

const TOPIC = 'topic'

/** Thresholds, and the best score that a neighbour with this standing reaches, after so many forged broadcasts. */
function scored(standing: ReturnType<GossipOptionsInit['statusOf']>, forged = 0) {
  const { scoreParams = {}, scoreThresholds = {} } = gossipOptions({ topic: TOPIC, statusOf: () => standing })
  const topic = scoreParams.topics?.[TOPIC]
  assert.ok(topic !== undefined)
  const merits = topic.timeInMeshCap * topic.timeInMeshWeight + topic.firstMessageDeliveriesCap * topic.firstMessageDeliveriesWeight
  const best = (scoreParams.appSpecificScore?.('a neighbour') ?? 0) + merits + forged ** 2 * topic.invalidMessageDeliveriesWeight
  return { best, thresholds: createPeerScoreThresholds(scoreThresholds) }
}

describe('the score of a neighbour', () => {
  it('is never so good that we dial whom it names', () => {
    const { best, thresholds } = scored('approved')
    assert.ok(best < thresholds.acceptPXThreshold)
  })

  it('is too bad to be heard after three forged broadcasts, after four also where it was the best of friends', () => {
    for (const [standing, forged] of [['unknown', 3], ['approved', 4]] as const) {
      const { best, thresholds } = scored(standing, forged)
      assert.ok(best < thresholds.graylistThreshold)
      assert.ok(scored(standing, 1).best > thresholds.graylistThreshold)
    }
  })

  it('is too bad to be heard or sent anything where the owner blocked it, whatever it does', () => {
    const { best, thresholds } = scored('blocked')
    assert.ok(best < Math.min(thresholds.graylistThreshold, thresholds.publishThreshold))
  })
})
