/** What the bench asks of its second process. */
import type { EndAddresses } from './end.ts'

/** Each call by name, with its argument and its answer. */
export interface PeerCalls {
  /** Starts the nodes, with their state below this folder. */
  open: { argument: string, answer: EndAddresses }
  /** Approves the peer with this ID. */
  approve: { argument: string, answer: null }
  /** Counts the messages that are stored. */
  stored: { argument: null, answer: number }
  /** Watches the event loop from now on. */
  watchLoop: { argument: null, answer: null }
  /** Ends the watch and tells the 99th percentile in ms. */
  loopDelay: { argument: null, answer: number }
  /** Watches this process's memory from now on. */
  watchMemory: { argument: null, answer: null }
  /** Ends the watch and tells the peak in MiB. */
  peakMemory: { argument: null, answer: number }
  /** Processor time of this process so far. */
  cpuMs: { argument: null, answer: number }
  close: { argument: null, answer: null }
}
