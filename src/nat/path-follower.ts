/** What a long-lived stream does to stay on the best connection to its peer. */
import type { Connection } from '@libp2p/interface'

/**
 * A protocol whose streams outlive a connection (messages, calls, files). The supervisor of paths closes a relayed connection only
 * when no stream runs over it any more, so a follower drains and ends its old streams at its own pace.
 */
export interface PathFollower {
  /**
   * A direct connection to the peer proved itself by a ping. Both sides are told; the one that dialled it (`direction` is `outbound`)
   * opens what has to move, so that there is one stream and not two. Where it rejects, everything stays where it is.
   */
  follow: (connection: Connection) => Promise<void>
}
