/** Bounds and timings of broadcasts; none is configurable, each has its reason. */

/** 16 KiB of UTF-8: an announcement to everybody, not a document; a burst of them still fits what one neighbour may send. */
export const MAX_BROADCAST_TEXT_BYTES = 16_384

/** Names of topics are told to every neighbour. */
export const MAX_TOPIC_CHARACTERS = 128

/** A broadcast is taken this long before and after the time that its author gives: clocks of machines without NTP are minutes off. */
export const BROADCAST_WINDOW_MS = 15 * 60_000

/** Broadcasts that are remembered so that each is shown once: 5 MB of the database, an hour of fifty busy authors. */
export const MAX_SEEN_BROADCASTS = 50_000

/** What one author may broadcast in a row, and in each hour after that: more than anybody reads, in numbers and in bytes. */
export const BROADCASTS_PER_AUTHOR = 1_200
export const BROADCAST_BYTES_PER_AUTHOR = 4 * 1_024 * 1_024
export const BROADCAST_AUTHOR_WINDOW_MS = 3_600_000

/** Others take this much more of an author than it may send: what was apart when it was sent may arrive together. */
export const BROADCAST_TOLERANCE = 1.25

/** What is forwarded of one neighbour, itself included: ten busy authors behind it at the same time, then 20 a second. */
export const BROADCASTS_PER_NEIGHBOUR = 12_000
export const BROADCAST_NEIGHBOUR_WINDOW_MS = 10 * 60_000

/**
 * What is forwarded of all authors together whom nobody here approved, as many as there may be: two neighbours at their limit in numbers,
 * and 28 KB a second of text. What a broadcast costs a node does not grow with the network, and friends are heard in the worst flood.
 */
export const BROADCASTS_OF_STRANGERS = 24_000
export const BROADCAST_BYTES_OF_STRANGERS = 16 * 1_024 * 1_024
export const BROADCAST_STRANGERS_WINDOW_MS = 10 * 60_000

/** Bytes of a neighbour with all that belongs to gossip: four authors' hour at once, then 270 KB a second; beyond it its stream is cut. */
export const GOSSIP_BYTES_PER_NEIGHBOUR = 16 * 1_024 * 1_024
export const GOSSIP_BYTES_WINDOW_MS = 60_000

/** One frame of gossip: what was missed of two authors is answered in one. */
export const MAX_GOSSIP_FRAME_BYTES = 8 * 1_024 * 1_024

/** Bytes waiting to be written to one neighbour; one that reads slower than this lets us hold is cut off. */
export const MAX_GOSSIP_QUEUE_BYTES = 8 * 1_024 * 1_024

/** Streams of gossip that one connection may open: one in use, one replacing it. */
export const MAX_GOSSIP_STREAMS = 2

/** Topics that one neighbour may be subscribed to, as the bytes that they take here (1 KiB each and the name). */
export const MAX_TOPIC_BYTES_PER_NEIGHBOUR = 32 * 1_024

/**
 * Neighbours that a broadcast is passed on to at once: 8, and up to 24 where they come by themselves, so that a bootstrap node in the
 * middle of a star serves all of a small network without delay. All others are told of it each second, and ask for it.
 */
export const GOSSIP_DEGREE = { D: 8, Dlo: 6, Dhi: 24, Dscore: 4, Dout: 2 } as const

/** Heartbeats (seconds) for which a neighbour can ask for a broadcast, and for which it is told of it; the difference is its time to ask. */
export const GOSSIP_HISTORY = { mcacheLength: 5, mcacheGossip: 3 } as const

/** Broadcasts that a neighbour is told of in one frame, and so asks for in one: as many of the longest as one frame of answers holds. */
export const MAX_BROADCASTS_PER_ANSWER = 500

/** The newest broadcasts that a late neighbour is told of: eight frames, of the ten that gossipsub takes in a second. */
export const MAX_BROADCASTS_TOLD = 4_000

/** Broadcasts of unapproved authors that are kept, of each and of all: a ring, the oldest make room. */
export const MAX_HELD_BROADCASTS_PER_AUTHOR = 20
export const MAX_HELD_BROADCASTS = 200

/** Broadcasts of all unapproved authors together that the log and the inbox take in an hour. */
export const HELD_BROADCASTS_PER_HOUR = 200
