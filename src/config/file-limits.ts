/** Bounds of file transfers; what an owner may want otherwise stands in `fileLimits` of the configuration. */

/** Read from disk and handed to the stream at a time. */
export const FILE_CHUNK_BYTES = 256 * 1_024

/** What follows the bytes of a file: the SHA-256 of the whole. */
export const FILE_HASH_BYTES = 32

/** Bytes on their way that the recipient has not written yet: what either side keeps in memory, and 80 MB/s at 100 ms of round trip. */
export const FILE_WINDOW_BYTES = 8 * 1_024 * 1_024

/** The recipient says how far it got after this many bytes, and at least this often. */
export const FILE_REPORT_BYTES = 1_024 * 1_024
export const FILE_REPORT_MS = 1_000

/** What came in is brought to the disk whenever there is this much of it, so that little is left to do at the end, and a slow disk is noticed early. */
export const FILE_SYNC_BYTES = 64 * 1_024 * 1_024

/** A transfer that moves less than this in that time has stalled: a relay that is out of budget still carries ten times as much. */
export const FILE_STALL_MS = 30_000
export const MIN_FILE_PROGRESS_BYTES = 16 * 1_024

/** How long the other side may take to answer an offer (it reads again what it has), and to check and keep a whole file on a slow disk. */
export const FILE_ANSWER_MS = 120_000

/** A name and a text at their longest in an offer. */
export const MAX_FILE_FRAME_BYTES = 8 * 1_024

/** Characters of a name as it is offered, and of one on disk: file systems take 255 bytes, and a character has up to four. */
export const MAX_OFFERED_NAME_CHARACTERS = 255
export const MAX_FILE_NAME_CHARACTERS = 60

/** What is said with a file; a message is there for more. */
export const MAX_FILE_TEXT_BYTES = 4_096

/** Transfers of one peer that move at a time in each direction, and streams: one more is breaking off, and one asks or tells. */
export const MAX_MOVING_PER_PEER = 2
export const MAX_FILE_STREAMS = MAX_MOVING_PER_PEER + 2

/** Files that come in at a time, of all peers together: memory is bounded by their windows. */
export const MAX_MOVING_INBOUND = 16

/** Transfers of one peer in each direction that have not ended, and of all peers together. */
export const MAX_OPEN_PER_PEER = 32
export const MAX_OPEN_TRANSFERS = 1_024

/** Offers of one peer in a minute: reconnects of a bad evening repeat them. */
export const FILE_OFFERS_PER_MINUTE = 120

/** Left free on the disk of the state folder, which the mailbox needs too. */
export const FREE_DISK_BYTES = 256 * 1_024 * 1_024

/** A transfer that broke off is tried again: soon at first, then every few minutes. */
export const FILE_RETRY_FIRST_MS = 1_000
export const FILE_RETRY_MAX_MS = 300_000

/** Transfers that ended are remembered this long, and this many of them; received ones for as long as their files are here. */
export const ENDED_TRANSFER_MS = 30 * 24 * 3_600_000
export const MAX_ENDED_TRANSFERS = 10_000

/** Transfers in one answer. */
export const MAX_LISTED_TRANSFERS = 200

/** How long a send waits for its file to arrive before it says how far it got. */
export const MAX_FILE_WAIT_MS = 600_000
