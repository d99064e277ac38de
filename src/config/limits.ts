/** Bounds of the protocols, queues and stores; none is configurable, each has its reason. */

/** 64 KiB of UTF-8: twice what chat channels carry in one message; files are for more. */
export const MAX_TEXT_BYTES = 65_536

/** A full text and its envelope; a peer that announces a longer frame is cut off. */
export const MAX_FRAME_BYTES = MAX_TEXT_BYTES + 4_096

/** A frame that began must be complete within this time, or a peer could pin memory by trickling bytes. */
export const MAX_PARTIAL_FRAME_MS = 30_000

/** One frame of acknowledgements stays far below the frame limit (an acknowledgement takes 20 to 300 bytes). */
export const MAX_ACKS_PER_FRAME = 128

/** Streams of the message protocol that one connection may open to us: one in use, one replacing it. */
export const MAX_INBOUND_MESSAGE_STREAMS = 2
export const MAX_OUTBOUND_MESSAGE_STREAMS = 2

/** Messages of one stream that are being stored at a time; beyond it the stream is paused until half are done. */
export const MAX_MESSAGES_IN_HAND = 256

/** Bytes waiting to be written to one peer; a peer that reads slower than this lets us hold is cut off. */
export const MAX_WRITE_QUEUE_BYTES = 8 * 1_024 * 1_024

/** Refused messages in a row before the stream is cut: twice what an honest sender may have in flight when the first refusal arrives. */
export const MAX_REFUSALS_PER_STREAM = 512

/**
 * A stream that another one replaced ends after this long without traffic (what the peer had written before it knew is in then, over
 * a slow relay too), and at the latest after this time: what is unanswered by then goes out again over the other stream.
 */
export const RETIRE_QUIET_MS = 1_000
export const RETIRE_TIMEOUT_MS = 10_000

/** How often the one of two direct connections between two peers that is not in use is looked at, until no stream runs over it and it can be closed. */
export const SURPLUS_CHECK_MS = 500

/** Such a connection younger than this is not closed as idle: what it was opened for may still be on its way. */
export const SURPLUS_MIN_AGE_MS = 3_000

/** When it is closed anyway: streams that live longer than this outlive their connections. */
export const SURPLUS_TIMEOUT_MS = 30_000

/** How long a peer that broke the protocol is not served again. */
export const PENALTY_MS = 60_000

/** Peers whose penalties and limits are remembered at a time. */
export const MAX_TRACKED_PEERS = 4_096

/** Messages of ours written to one peer and not yet acknowledged; the rest waits on disk. */
export const MAX_IN_FLIGHT = 256

/** Bytes of them: half of what may wait to be written, so that our own backlog never makes an honest peer look too slow. */
export const MAX_BYTES_IN_FLIGHT = MAX_WRITE_QUEUE_BYTES / 2

/** A written message must be acknowledged within this time, or the stream counts as dead and is replaced. */
export const ACK_DEADLINE_MS = 20_000

/** Negotiating a message stream: a relayed connection over a slow line included. */
export const OPEN_STREAM_TIMEOUT_MS = 10_000

/** A dial of all addresses of a peer. */
export const DIAL_TIMEOUT_MS = 10_000

/** One address of them: they are dialled one after the other, and the next one may be the relay that works. */
export const ADDRESS_DIAL_TIMEOUT_MS = 4_000

/** Peers that a check of the network pings: those of a page that somebody reads; and how many at a time. */
export const MAX_CHECKED_PEERS = 64
export const MAX_CHECKS = 16

/** One ping. */
export const PING_TIMEOUT_MS = 10_000

/** Waiting messages to one peer and in total (`QUEUE_FULL` beyond): a day of chat, not a bulk transport. */
export const MAX_QUEUED_PER_PEER = 2_000
export const MAX_QUEUED_TOTAL = 20_000

/** Messages in the inbox and their text in total; the oldest read ones make room, unread ones are never dropped. */
export const MAX_INBOX_MESSAGES = 250_000
export const MAX_INBOX_TEXT_BYTES = 512 * 1_024 * 1_024

/** Held messages of strangers: for each peer, each network address and in total (a stranger's inbox never crowds out an approved one's). */
export const MAX_HELD_PER_PEER = 20
export const MAX_HELD_PER_ADDRESS = 60
export const MAX_HELD_TOTAL = 500

/** How soon a sender that met one of the caps on held messages may try again. */
export const HELD_RETRY_MS = 3_600_000

/** Unapproved peers in the peer book; the longest unseen one without held messages makes room. */
export const MAX_UNKNOWN_PEERS = 1_000

/**
 * Peers that make room for nobody, be it that somebody added them or that the owner decided about them, beyond which none can be added:
 * more than people know, and an agent that is talked into adding whomever it reads of fills neither disk nor lists. The owner's
 * decisions are never refused.
 */
export const MAX_KEPT_PEERS = 2_000

/** Replies that a peer without approval may send to one message of ours. */
export const MAX_REPLIES_PER_MESSAGE = 4

/** Agents that a conversation may pass through before no further turn is started. */
export const MAX_HOPS = 4

/** Finished messages stay for status queries and duplicate detection for this long past their time to live. */
export const FINISHED_RETENTION_MS = 7 * 24 * 3_600_000

/** How often stores are pruned and expired messages are looked for. */
export const HOUSEKEEPING_MS = 30_000

/** Events kept for those who watch; whoever falls further behind misses the oldest. */
export const MAX_EVENTS = 1_000

/** Longest wait of one watch request. */
export const MAX_WATCH_MS = 60_000

/** A recipient that asks for less patience than this gets this much: it must not keep our disk busy. */
export const MIN_RETRY_MS = 1_000

/** Reconnecting to bootstrap, approved and awaited peers: soon at first, then every few minutes for as long as it takes. */
export const RECONNECT_FIRST_MS = 1_000
export const RECONNECT_MAX_MS = 300_000

/** A peer whose streams end without an acknowledgement gets a new one at once, then at these intervals. */
export const RELINK_FIRST_MS = 1_000
export const RELINK_MAX_MS = 60_000

/** Dials of newly discovered peers at a time; a flood of announcements waits or is dropped. */
export const MAX_DISCOVERY_DIALS = 8

/** How often a peer is dialled that announces itself on the LAN and is not connected: it may have no room, or another network's key. */
export const LAN_SIGHTING_MS = 60_000

/** Addresses of one peer that are remembered besides those that it announces; some interfaces, and where it was found before. */
export const MAX_KNOWN_ADDRESSES = 32

/** How often libp2p's peer store is rid of peers that nothing else here remembers. */
export const PEER_STORE_SWEEP_MS = 3_600_000

/** A stored message starts no agent turn after this time: nobody wants yesterday's question answered at a restart. */
export const TURN_MAX_AGE_MS = 24 * 3_600_000

/** The windows of the turn budgets. */
export const TURN_WINDOW_MS = 3_600_000
export const TURN_DAY_MS = 24 * TURN_WINDOW_MS

/** Of the budgets of all peers together, peers that are not approved may use this part: identities cost nothing, and friends are to be answered too. */
export const STRANGERS_SHARE = 0.75

/** Messages of unapproved senders from one network address, in multiples of what one such sender may send: a household behind one NAT. */
export const STRANGERS_PER_ADDRESS = 3

/** Connections that one host may open to us in a second: a household behind one NAT restarting together. */
export const INBOUND_CONNECTIONS_PER_SECOND = 20

/** A signed instance record: name, 16 addresses and a card fit three times over. */
export const MAX_ANNOUNCE_BYTES = 8_192

/** Addresses of one instance that are told, and remembered. */
export const MAX_ANNOUNCED_ADDRESSES = 16

/** Announces that one peer is sent, and may send, in an hour: one for each reconnect of a bad evening. */
export const ANNOUNCES_PER_HOUR = 60

/** Keys in use twice that are remembered at a time, and new ones that the log tells in an hour: strangers could make them up. */
export const MAX_DUPLICATE_KEYS = 100
export const DUPLICATE_KEY_LINES_PER_HOUR = 10

/** Log lines in an hour about peers that call themselves by a pinned name. */
export const PIN_LINES_PER_HOUR = 10

/** Peers that one answer to "whom do you know?" names, and addresses of each: a screenful, no map of the network. */
export const MAX_HINTS = 32
export const MAX_HINT_ADDRESSES = 8

/** Such an answer: a peer ID of 52 characters and addresses of 200 bytes each fit. */
export const MAX_PEER_LIST_BYTES = MAX_HINTS * (64 + MAX_HINT_ADDRESSES * 256)

/** How long an answer may take, over a slow relay too. */
export const PEER_LIST_TIMEOUT_MS = 10_000

/** Questions that one peer is answered in an hour: a person who tries again and again. */
export const PEER_LISTS_PER_HOUR = 60

/** Peers that one discovery asks, and hints that it follows, a few at a time, within this time: a person waits for it. */
export const MAX_ASKED_PEERS = 32
export const MAX_HINT_DIALS = 64
export const DISCOVERY_PARALLEL = 8
export const DISCOVERY_TIMEOUT_MS = 45_000

/** A failure in the log: its code, its reason and the sentence about it. */
export const MAX_LOGGED_CHARACTERS = 400

/** A connected peer that was not heard for this long does not count as online: a ping and its time limit, missed, and some more. */
export const PRESENCE_FRESH_MS = 90_000

/** How often an unchanged record is told again, so that routes stay fresh. */
export const ANNOUNCE_INTERVAL_MS = 30 * 60_000

/** Address changes within this time are told together. */
export const ANNOUNCE_COALESCE_MS = 1_000

/** Instances in the route table, and their bytes as JSON: 1.2 KB for each, four times what an ordinary one takes. */
export const MAX_ROUTES = 10_000
export const MAX_ROUTE_BYTES = 12 * 1_024 * 1_024

/** Routes of instances that were not seen for this long are dropped; approved ones stay. */
export const ROUTE_AGE_MS = 90 * 24 * 3_600_000

/** The route file is rewritten at most this often, and at stop. */
export const ROUTE_SAVE_MS = 5_000

/** How far the file's sequence number is ahead of the last one used: the file is not rewritten for each announce. */
export const SEQUENCE_RESERVE = 600_000

/** A route file larger than the largest that we write is not ours: the table as it is printed takes half of it. */
export const MAX_ROUTE_FILE_BYTES = 32 * 1_024 * 1_024

/** Text of an agent card. */
export const MAX_CARD_DESCRIPTION_CHARACTERS = 500
export const MAX_CARD_SKILLS = 16
export const MAX_CARD_SKILL_CHARACTERS = 64

/** A channel that says "later" is asked again: soon at first, then every few minutes, for a day. */
export const FORWARD_FIRST_RETRY_MS = 5_000
export const FORWARD_MAX_RETRY_MS = 300_000
export const FORWARD_GIVE_UP_MS = 24 * 3_600_000

/** Channels that messages are forwarded to. */
export const MAX_FORWARD_TARGETS = 8

/** IDs under which a channel shows one message: more parts than the longest forwarded text has on the narrowest channel (IRC). */
export const MAX_PLATFORM_IDS = 16
export const MAX_PLATFORM_ID_CHARACTERS = 256

/** How long a channel may take to say what became of a message: Feishu's own requests end after 30 s, and its answer is better than ours. */
export const FORWARD_DEADLINE_MS = 45_000

/** A stop waits this long for the answers of channels, which take some hundred milliseconds; what is open then is uncertain until they come. */
export const FORWARD_STOP_MS = 3_000

/** Characters of a peer's text that a channel shows: 3 screens of a phone, and one message on Feishu, Telegram and Slack (4,000 characters). */
export const MAX_SHOWN_CHARACTERS = 3_000
