/** How gossipsub runs here: strict signatures, bounds, scores; pure. */
import type { GossipsubOpts } from '@libp2p/gossipsub'
import {
  BROADCAST_WINDOW_MS, GOSSIP_DEGREE, GOSSIP_HISTORY, MAX_GOSSIP_FRAME_BYTES, MAX_GOSSIP_QUEUE_BYTES, MAX_GOSSIP_STREAMS, MAX_TOPIC_BYTES_PER_NEIGHBOUR
} from '../config/broadcast-limits.ts'

/** How the owner here thinks of a peer. */
type Standing = 'approved' | 'unknown' | 'blocked'

export interface GossipOptionsInit {
  topic: string
  statusOf: (peerId: string) => Standing
}

type Scores = NonNullable<GossipsubOpts['scoreParams']['topics']>[string]

/** What a neighbour's score gains or loses by its owner's standing here: below -80 nothing of it is taken, and nothing is sent to it. */
const STANDING: Readonly<Record<Standing, number>> = { approved: 5, unknown: 0, blocked: -1_000 }

/** A second; the unit in which gossipsub lets scores fade. */
const TICK_MS = 1_000

export function gossipOptions({ topic, statusOf }: GossipOptionsInit): Partial<GossipsubOpts> {
  return {
    ...GOSSIP_DEGREE,
    ...GOSSIP_HISTORY,
    globalSignaturePolicy: 'StrictSign',
    emitSelf: true, // our own belong to what late neighbours are told of
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    runOnLimitedConnection: true,
    gossipFactor: 1, // all that are not sent a broadcast are told of it: a leaf of a large star has nobody else to learn it from
    fastMsgIdFn: ({ signature }) => Buffer.from(signature ?? []).toString('latin1'), // known only once it was verified: a copy costs no verification
    msgIdToStrFn: messageId => Buffer.from(messageId).toString('base64'), // LateNeighbours reads it back
    seenTTL: 2 * BROADCAST_WINDOW_MS,
    maxInboundStreams: MAX_GOSSIP_STREAMS,
    maxOutboundStreams: MAX_GOSSIP_STREAMS,
    maxInboundDataLength: MAX_GOSSIP_FRAME_BYTES,
    maxOutboundBufferSize: MAX_GOSSIP_QUEUE_BYTES,
    maxTopicBytesPerPeer: MAX_TOPIC_BYTES_PER_NEIGHBOUR,
    scoreThresholds: { acceptPXThreshold: Number.MAX_SAFE_INTEGER }, // whom a neighbour names, at whatever addresses, is not dialled for it
    scoreParams: {
      topics: { [topic]: TOPIC_SCORES },
      decayInterval: TICK_MS,
      appSpecificScore: peerId => STANDING[statusOf(peerId)],
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0, // peers behind one NAT or one relay share an address
      behaviourPenaltyThreshold: 6 // broken promises that bad luck explains
    }
  }
}

/** Few broadcasts are normal, so silence costs nothing; three forged or malformed ones within a minute end in being ignored. */
const TOPIC_SCORES: Scores = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: TICK_MS,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.5,
  firstMessageDeliveriesDecay: 0.99,
  firstMessageDeliveriesCap: 10,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 0,
  meshMessageDeliveriesActivation: TICK_MS,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.99
}
