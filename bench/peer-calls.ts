/** What the bench asks of its second process, and how calls and answers look between them. */
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
  close: { argument: null, answer: null }
}

export type CallName = keyof PeerCalls

export interface Call<N extends CallName = CallName> {
  id: number
  name: N
  argument: PeerCalls[N]['argument']
}

export type Answer = { id: number, value: unknown } | { id: number, error: string }

/** What carries the calls out. */
export type CallHandlers = { [N in CallName]: (argument: PeerCalls[N]['argument']) => Promise<PeerCalls[N]['answer']> }
