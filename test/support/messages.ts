/** Messages and acknowledgements of the wire, as tests send them. */

import type { WireAck, WireMessage } from '../../src/protocols/wire-message.ts'

/** The message ID of this number. */
export function testId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** A chat message with this number; its text is `text <number>`. */
export function testMessage(number: number, change: Partial<WireMessage> = {}): WireMessage {
  return { id: testId(number), kind: 'chat', hops: 0, ttlMs: 60_000, text: `text ${number}`, ...change }
}

export function received(number: number): WireAck {
  return { id: testId(number), stage: 'received' }
}

export function refused(number: number, change: Partial<WireAck> = {}): WireAck {
  return { id: testId(number), stage: 'refused', code: 'NOT_APPROVED', text: 'no', ...change }
}
