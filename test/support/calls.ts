/** Calls of test nodes: what they came to, and their transcripts without what differs by side. */

import assert from 'node:assert/strict'
import type { CallEntry, CallEndReason, CallState, CallSummary, CallTranscript, MeshApi, MeshEvent } from '../../src/mesh-api.ts'
import { befriend, MeshNode, type MeshNodeOptions } from './mesh-node.ts'
import type { Recorder } from './recorder.ts'
import { ShiftedClock } from './shifted-clock.ts'
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
    .find(note => note?.act === 'called' && note.topic === topic)?.callId)
}

/** A file is kept by its recipient alone. */
type Line = Pick<CallEntry, 'seq' | 'from' | 'kind' | 'text'> & { file?: Omit<NonNullable<CallEntry['file']>, 'path'> }

/** What both sides must agree on. */
export function agreed(transcript: CallTranscript): Pick<CallTranscript, 'callId' | 'topic' | 'caller' | 'callee' | 'endReason'> & { lines: Line[] } {
  const { callId, topic, caller, callee, endReason, entries } = transcript
  const lines = entries.map(({ seq, from, kind, text, file }) => ({ seq, from, kind, text, ...file !== undefined && { file: withoutPath(file) } }))
  return { callId, topic, caller, callee, ...endReason !== undefined && { endReason }, lines }
}

function withoutPath({ name, bytes, sha256 }: NonNullable<CallEntry['file']>): NonNullable<Line['file']> {
  return { name, bytes, sha256 }
}

/** Waits until the transcript has that many lines of a kind. */
export async function transcriptWith(transcript: MeshApi['transcript'], callId: string, [kind, count]: [CallEntry['kind'], number]): Promise<CallTranscript> {
  return await until(async () => {
    const found = await transcript({ callId })
    return found.entries.filter(entry => entry.kind === kind).length >= count && found
  }, { what: `${count} lines of kind ${kind}`, timeoutMs: 120_000 })
}

export interface Pair extends AsyncDisposable {
  alice: MeshNode
  bob: MeshNode
  clock: ShiftedClock
}

/** Alice and Bob, who approve each other; the options are Bob's. */
export async function friends(options: MeshNodeOptions = {}): Promise<Pair> {
  const clock = new ShiftedClock()
  const alice = await MeshNode.start({ name: 'alice', clock })
  const bob = await MeshNode.start({ name: 'bob', clock, ...options })
  await befriend(alice, bob)
  return {
    alice, bob, clock,
    [Symbol.asyncDispose]: async () => {
      await alice[Symbol.asyncDispose]()
      await bob[Symbol.asyncDispose]()
    }
  }
}

/** One calls the other; resolves once it rings there. */
export async function call(from: MeshNode, to: MeshNode, topic = 'lunch'): Promise<CallSummary> {
  return await from.mesh.call({ to: to.peerId, topic, speaker: 'agent' })
}

/** A call that is on; its ID. */
export async function callAndAnswer(from: MeshNode, to: MeshNode, topic = 'lunch'): Promise<string> {
  const { callId } = await call(from, to, topic)
  await rings(to, topic)
  await to.mesh.answerCall({ accept: true, speaker: 'agent' })
  await callIs(from, callId, ['active'])
  return callId
}

/** The lines of a call's transcript, which both sides must have alike. */
export async function sameTranscript(one: MeshNode, other: MeshNode, callId: string): Promise<string[]> {
  const mine = agreed(await one.mesh.transcript({ callId }))
  assert.deepEqual(agreed(await other.mesh.transcript({ callId })), mine)
  return mine.lines.map(({ kind, text }) => `${kind} ${text}`)
}
