/** Bounds of invitations: how many, how long, how often one may be tried. */

/** Enough to read a ticket out over the phone and to type it, too short for it to lie around. */
export const INVITE_DEFAULT_MS = 15 * 60_000

/** Between a test and a letter. */
export const INVITE_MIN_MS = 1_000
export const INVITE_MAX_MS = 7 * 24 * 3_600_000

/** Invitations that can be used at a time: a workshop; each is a secret that somebody may lose. */
export const MAX_OPEN_INVITES = 32

/** Used and expired ones that are remembered, so that a late comer is told what happened, and for how long. */
export const MAX_ENDED_INVITES = 256
export const INVITE_MEMORY_MS = 30 * 24 * 3_600_000

/** Addresses in a ticket, and their bytes: a LAN, a public and two relayed ones, in a QR code that fits a terminal. */
export const MAX_TICKET_ADDRESSES = 8
export const MAX_TICKET_ADDRESS_BYTES = 160

/** Text that is looked at as a ticket: the longest has 350 letters, people add spaces and lines, and a wrong file is not read whole. */
export const MAX_TICKET_CHARACTERS = 8_192

/** Tries that one peer and one network address have in an hour: a person retries a few times, and an office joins together. */
export const INVITE_TRIES_PER_PEER = 10
export const INVITE_TRIES_PER_ADDRESS = 60

/** Exchanges in hand at a time, one on each connection; whoever comes then is told to come back. */
export const MAX_INVITE_EXCHANGES = 64

/** How soon to come back then: the ones in hand have ended. */
export const INVITE_BUSY_RETRY_MS = 20_000

/** A whole exchange, four frames and a disk flush: slow relays and busy disks included. */
export const INVITE_EXCHANGE_MS = 20_000

/** The longest frame is a proof with an instance name of 48 characters. */
export const MAX_INVITE_FRAME_BYTES = 256

/** How often the joining side begins again when the connection breaks in the middle; the ticket stays its own meanwhile. */
export const MAX_JOIN_ATTEMPTS = 3

/** Pairs of keys whose safety words are remembered: working them out takes time, on purpose. */
export const MAX_REMEMBERED_SAFETY_WORDS = 1_024
