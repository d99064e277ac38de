/** How much a run of the bench measures. */

export interface Effort {
  /** Each round measures everything once; the table shows medians over the rounds. */
  rounds: number
  /** Fresh processes that start a node. */
  starts: number
  /** How long a fresh node is left alone before its memory is read, in ms. */
  settleMs: number
  /** Messages or echoes one after the other, a round. */
  sequential: number
  /** Messages or echoes with 64 in flight, a round. */
  inFlight: number
  /** The same before the first round, so that both code paths are compiled. */
  warmUp: number
  /** How long the event loop is watched while idle, and under 1,000 messages a second, in ms. */
  idleMs: number
  pacedMs: number
  /** Sent by each path between two hosts behind NATs, a round. */
  bulkBytes: number
  /** Size of the large file that is sent, a round. */
  fileBytes: number
  /** The run fails when it takes longer, in ms. */
  limitMs: number
}

/** About a minute and a half on two quiet cores; the rounds in flight make 100,000 messages. */
export const FULL: Effort = {
  rounds: 5, starts: 5, settleMs: 2_000, sequential: 1_000, inFlight: 20_000, warmUp: 5_000, idleMs: 1_000, pacedMs: 4_000,
  bulkBytes: 67_108_864, fileBytes: 1_073_741_824, limitMs: 600_000
}

/** About 15 seconds: enough to see that nothing broke. */
export const QUICK: Effort = {
  rounds: 3, starts: 1, settleMs: 500, sequential: 300, inFlight: 4_000, warmUp: 3_000, idleMs: 500, pacedMs: 1_000,
  bulkBytes: 16_777_216, fileBytes: 67_108_864, limitMs: 120_000
}

/** Bytes of text in a message and in an echo. */
export const PAYLOAD_BYTES = 256

/** Messages or echoes in flight at a time. */
export const WIDTH = 64

/** Messages a second while the event loop is watched. */
export const PACE = 1_000
