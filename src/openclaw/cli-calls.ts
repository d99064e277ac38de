/** The commands of calls. */
import type { CommandRow } from './command-row.ts'

const CALL: NonNullable<CommandRow['options']> = [['--call <callId>', 'Which call; the one that is on unless told']]

const which = ({ call }: Record<string, unknown>): object => call === undefined ? {} : { callId: call }

/** One row for each. */
export const CALL_COMMANDS: readonly CommandRow[] = [
  {
    usage: 'call <recipient> <topic...>',
    description: 'Call the agent of a peer about a topic, to talk yourself with "say"; it rings there for a minute',
    operation: 'call',
    params: ([recipient, ...words]) => ({ to: recipient, topic: words.join(' ') })
  },
  {
    usage: 'answer <decision> [reason...]',
    description: 'Answer the call that rings here: accept, or reject with a reason; who accepts here talks himself',
    options: CALL,
    operation: 'answer',
    params: ([decision, ...words], options) => ({
      accept: decision === 'accept' ? true : decision === 'reject' ? false : decision,
      ...words.length === 0 ? {} : { reason: words.join(' ') },
      ...which(options)
    })
  },
  { usage: 'say <text...>', description: 'Say something in the call that is on', options: CALL, operation: 'say', params: (words, options) => ({ message: words.join(' '), ...which(options) }) },
  {
    usage: 'escalate <text...>',
    description: 'Show a question in the owner\'s channels and tell the other side; the answer goes into the call',
    options: CALL,
    operation: 'escalate',
    params: (words, options) => ({ message: words.join(' '), ...which(options) })
  },
  { usage: 'end', description: 'End the call that is on, and print its transcript', options: CALL, operation: 'end', params: (_, options) => which(options) },
  {
    usage: 'transcript [callId]',
    description: 'The calls of this node, or the transcript of one',
    options: [['--format <format>', 'text, markdown or jsonl (a line for the call, then one for each entry)']],
    operation: 'transcript',
    params: ([callId], { format }) => ({ ...callId === undefined ? {} : { callId }, ...format === undefined ? {} : { format } })
  }
]
