/** What a fake of Lark does with a message that a bot sends. */

import type { LarkMessage } from './lark-message.ts'

export type LarkAnswer =
  /** Shows the message and says so. */
  | { kind: 'accept' }
  | { kind: 'refuse', status: number, code: number, msg: string }
  /** Takes the request and says nothing, ever; the message may be shown all the same. */
  | { kind: 'silence', isShown: boolean }
  /** Takes the request and closes the connection. */
  | { kind: 'hang-up', isShown: boolean }

/** Decides about each request to send; it may take its time. */
export type LarkBehaviour = (message: LarkMessage) => LarkAnswer | Promise<LarkAnswer>

export function accept(): LarkAnswer {
  return { kind: 'accept' }
}

/** As Lark says when the bot was removed from a group. */
export function notInChat(): LarkAnswer {
  return { kind: 'refuse', status: 400, code: 230_002, msg: 'Bot/User can NOT be out of the chat.' }
}

/** As Lark's gateway says when an app sends too much. */
export function tooFrequent(): LarkAnswer {
  return { kind: 'refuse', status: 429, code: 99_991_400, msg: 'request trigger frequency limit' }
}
