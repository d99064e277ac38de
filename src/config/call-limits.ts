/** Bounds and timings of calls; none is configurable, each has its reason. */

/** How long a call rings: as long as a phone does, and an agent's turn takes. */
export const RING_TIMEOUT_MS = 60_000

/** How long a call waits for a peer that went away: a gateway that restarts on a busy machine is back within a minute. */
export const CALL_AWAY_MS = 180_000

/** A call in which nobody says anything for this long is forgotten rather than going on, and it keeps others waiting. */
export const CALL_IDLE_MS = 30 * 60_000

/** Calls of other peers that wait while one is on; each waits for the ring timeout at most. */
export const MAX_QUEUED_CALLS = 8

/** Calls that one peer may make in an hour: one every two minutes; more would push the owner's transcripts out. */
export const MAX_CALLS_PER_HOUR = 30

/** A topic is a line, not a message. */
export const MAX_CALL_TOPIC_CHARACTERS = 200

/** Steps of one call, of both sides together: a long day of talk. */
export const MAX_CALL_STEPS = 5_000

/** Transcripts of ended calls: how many are kept, and for how long. */
export const MAX_TRANSCRIPTS = 500
export const TRANSCRIPT_AGE_MS = 90 * 24 * 3_600_000
