/** What an agent's or the owner's answer to a message of a call does: it decides about the call that rings, or is said in the call. */
import type { CallNote, CallSpeaker, CallSpeech, CallSummary, InboundMessage, MeshApi } from '../mesh-api.ts'

/** A message of a call. */
export type CallMessage = InboundMessage & { call: CallNote }

/** An answer, and whose it is. */
export interface CallReply {
  texts: readonly string[]
  speaker: CallSpeaker
}

/**
 * `undecided`: the call rings on, and the answer says neither accept nor reject; `silent`: the agent has nothing to say, or
 * the owner talks himself; `over`: the call ended before the answer.
 */
export type CallOutcome = 'accepted' | 'rejected' | 'said' | 'silent' | 'undecided' | 'over'

/** Whether a message belongs to a call. */
export function isOfCall(message: InboundMessage): message is CallMessage {
  return message.call !== undefined
}

/** Whether a turn may come of it: the others tell what happened, or are for the owner. */
export function asksForTurn({ act }: CallNote): boolean {
  return act === 'called' || act === 'accepted' || act === 'said'
}

/** The host does not take an empty answer, so an agent that has nothing to say needs a word for that. */
const PASS = /^\P{L}*pass\P{L}*$/iu

/**
 * Carries out an answer.
 *
 * @throws MeshError `QUEUE_FULL` and the like when it cannot be said
 */
export async function answerInCall(mesh: MeshApi, { call: { callId, act }, hops }: CallMessage, { texts, speaker }: CallReply): Promise<CallOutcome> {
  const call = (await mesh.listCalls()).find(candidate => candidate.callId === callId)
  if (call === undefined || call.state === 'ended') return 'over'
  const [first = '', ...more] = texts
  const isRinging = isRingingHere(call)
  const decision = isRinging || act === 'called' ? decisionIn(first) : undefined
  const words = [decision?.rest ?? first, ...more].filter(text => text !== '')
  const speech = { callId, hops: speaker === 'agent' ? hops + 1 : 0 }
  if (!isRinging) {
    if (speaker === 'agent' && (call.speaker === 'owner' || PASS.test(texts.join(' ')))) return 'silent'
    await sayAll(mesh, speech, words)
    return 'said'
  }
  if (decision === undefined) return 'undecided'
  if (!decision.accept) {
    await mesh.answerCall({ callId, accept: false, speaker, reason: words.join(' ') })
    return 'rejected'
  }
  await mesh.answerCall({ callId, accept: true, speaker })
  await sayAll(mesh, speech, words)
  return 'accepted'
}

function isRingingHere({ role, state }: CallSummary): boolean {
  return role === 'callee' && state === 'ringing'
}

async function sayAll(mesh: MeshApi, speech: Pick<CallSpeech, 'callId' | 'hops'>, texts: readonly string[]): Promise<void> {
  for (const text of texts) await mesh.sayInCall({ ...speech, text })
}

/** The first word decides; what follows is the reason, or the first thing said. */
function decisionIn(text: string): { accept: boolean, rest: string } | undefined {
  const [found, word = ''] = /^[^\p{L}]{0,8}(accept|reject)(?![\p{L}\p{N}])[\s:,.!*\u2013\u2014-]*/iu.exec(text) ?? []
  return found === undefined ? undefined : { accept: word.toLowerCase() === 'accept', rest: text.slice(found.length).trim() }
}
