/** Frames of gossipsub that this node writes by itself, beside those of the library. */
import { RPC } from '@libp2p/gossipsub/message'

/** Tells a neighbour which topics are subscribed to here. */
export function encodeTopics(topics: readonly string[]): Uint8Array {
  return RPC.encode({ subscriptions: topics.map(topic => ({ subscribe: true, topic })) })
}

/** Tells a neighbour which messages of a topic it can ask for. */
export function encodeHaves(topic: string, messageIDs: Uint8Array[]): Uint8Array {
  return RPC.encode({ control: { ihave: [{ topicID: topic, messageIDs }], iwant: [], graft: [], prune: [], idontwant: [] } })
}
