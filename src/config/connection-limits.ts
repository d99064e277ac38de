/** Bounds of connections; none is configurable, each has its reason. */

/** Connections at a time: enough for a bootstrap node of a few hundred; each takes some 200 KB, and a ping a minute. Beyond it strangers make room. */
export const MAX_CONNECTIONS = 256

/** Beyond that, so many for a moment: a guest with a ticket, a first message, a question of the DHT or an approved peer gets through at a full node. */
export const MAX_NEWCOMERS = 16

/** The moment: a slow exchange of a ticket. With the time until strangers are next asked to make room it is less than `BRIEF_CONNECTION_MS`. */
export const NEWCOMER_MS = 20_000

/** Where libp2p refuses whoever comes, approved or not: far above the limits at which strangers make room. */
export const MAX_CONNECTIONS_AT_ALL = 4_096

/** Strangers that a node dials because they are there: each is known to half as many again, and broadcasts find many ways. */
export const MAX_OWN_CONNECTIONS = 32

/** A connection younger than this is not closed for being one too many of our own: what it was opened for may still go on. */
export const CONNECTION_GRACE_MS = 60_000

/** An orderly end of a connection that makes room, or that has served its purpose. */
export const CONNECTION_CLOSE_TIMEOUT_MS = 1_000

/** A bootstrap node that closes a connection sooner than this has no room: it is tried again less and less often. */
export const BRIEF_CONNECTION_MS = 60_000
