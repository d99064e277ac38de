/** Bounds and timings of a relay beside those of `relayLimits`; none is configurable, each has its reason. */

/** Circuits at a time: each may hold 2 MiB of data on its way when both ends stall, so half a gigabyte at the very worst. */
export const MAX_CIRCUITS = 256

/** Circuits of one peer, as either end: a node with many friends; four such peers leave no room, one never does. */
export const MAX_CIRCUITS_PER_PEER = 64

/** Circuits between the same two peers: one in use, one replacing it, and one of each that both began at the same time. */
export const MAX_CIRCUITS_PER_PAIR = 4

/** Circuits that are begun from one IPv4 address or IPv6 /64: identities cost nothing, addresses do. */
export const MAX_CIRCUITS_PER_NETWORK = 128

/** Reservations from one IPv4 address or IPv6 /64: an office behind one NAT; a quarter of the places by default. */
export const MAX_RESERVATIONS_PER_NETWORK = 32

/** Sockets from one IPv4 address or IPv6 /64, those that still shake hands included. */
export const MAX_CONNECTIONS_PER_NETWORK = 64

/** Connections in all, and those that still shake hands: two networks full of stalling clients leave room for others. */
export const MAX_RELAY_CONNECTIONS = 512
export const MAX_PENDING_RELAY_CONNECTIONS = 192

/** A reservation must be renewed within this time; clients of libp2p do so 5 minutes before. It ends with the connection, too. */
export const RESERVATION_TTL_MS = 2 * 3_600_000

/** A request to reserve or connect, with the answer of the peer that is dialled: a slow line twice around the world. */
export const HOP_TIMEOUT_MS = 15_000

/** A request holds a peer ID; stock clients add a few addresses. */
export const MAX_HOP_BYTES = 4_096

/** Pieces in which data is relayed: small enough that a message of one peer never waits long behind the file of another. */
export const RELAY_CHUNK_BYTES = 16_384

/** Receive window of a stream on a relay: fills 20 Mbit/s at 200 ms, and bounds what a stalled circuit holds in memory. */
export const RELAY_WINDOW_BYTES = 524_288

/** What was not used lately may be sent at once: this much of the rate of all peers together. */
export const RELAY_BURST_MS = 500

/** When one end of a circuit is closed the other may finish for this long; at a stop all circuits have this long. */
export const CIRCUIT_CLOSE_TIMEOUT_MS = 2_000

/** How often a relay says how it is. */
export const RELAY_HEALTH_INTERVAL_MS = 5 * 60_000
