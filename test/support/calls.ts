/** Calls of test nodes: what they came to, and their transcripts without what differs by side. */

import type { CallEntry, CallEndReason, CallState, CallTranscript, MeshApi, MeshEvent } from '../../src/mesh-api.ts'
import type { Recorder } from './recorder.ts'
import { until } from './until.ts'

interface Caller {
  events: Recorder<MeshEvent>
}

/** Waits until the call was in that state, for that reason where one is named. */
export async function callIs({ events }: Caller, callId: string, [state, reason]: [CallState, CallEndReason?]): Promise<void> {
  await events.waitFor(`the call to be ${state}${reason === undefined ? '' : ` (${reason})`}`, all => all.find(event =>
    event.type === 'call' && event.callId === callId && event.state === state && (reason === undefined || event.endReason === reason)))
}

/** Waits until a call rings here and can be answered; its ID. */
export async function rings({ events }: Caller, topic: string): Promise<string> {
  return await events.waitFor(`the call about ${topic} to ring`, all => all
    .map(event => event.type === 'message' ? event.message.call : undefined)
    .find(call => call?.act === 'called' && call.topic === topic)?.callId)
}

type Line = Pick<CallEntry, 'seq' | 'from' | 'kind' | 'text'>

/** What both sides must agree on. */
export function agreed(transcript: CallTranscript): Omit<CallTranscript, 'startedAt' | 'entries'> & { lines: Line[] } {
  const { callId, topic, caller, callee, endReason, entries } = transcript
  return { callId, topic, caller, callee, ...endReason !== undefined && { endReason }, lines: entries.map(({ seq, from, kind, text }) => ({ seq, from, kind, text })) }
}

/** Waits until the transcript has that many lines of a kind. */
export async function transcriptWith(transcript: MeshApi['transcript'], callId: string, [kind, count]: [CallEntry['kind'], number]): Promise<CallTranscript> {
  return await until(async () => {
    const found = await transcript({ callId })
    return found.entries.filter(entry => entry.kind === kind).length >= count && found
  }, { what: `${count} lines of kind ${kind}`, timeoutMs: 120_000 })
}
