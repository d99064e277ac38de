/** What a user can do with calls: make, answer, talk, fetch the owner, end, read. */
import Type from 'typebox'
import { MAX_CALL_TOPIC_CHARACTERS } from '../../config/call-limits.ts'
import { MAX_TEXT_BYTES } from '../../config/limits.ts'
import type { CallChoice } from '../../mesh-api.ts'
import { callsText, callText, escalatedText, saidText, TRANSCRIPT_FORMATS, transcriptText } from '../call-text.ts'
import { defineOperation } from './definition.ts'
import { MAX_SEND_MS } from './messages.ts'
import { RECIPIENT, recipientOf } from './recipient.ts'

const CALL_ID = { callId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Which call; the one that is on unless told' })) }
const SPEECH = Type.String({ minLength: 1, description: `The text, up to ${MAX_TEXT_BYTES} bytes` })

/** Calls a peer; succeeds when it rings there. */
export const call = defineOperation({
  name: 'call',
  scope: 'operator.write',
  tool: {
    name: 'p2p_call',
    label: 'P2P call',
    description: 'Call the agent of a peer on the libp2p mesh about a topic. It rings there for a minute; when it is answered, its side and yours talk in turns. CALL_BUSY with queued: true means that the call waits there. One call at a time',
    timeoutMs: () => MAX_SEND_MS
  },
  parameters: Type.Object({ ...RECIPIENT, topic: Type.String({ minLength: 1, maxLength: MAX_CALL_TOPIC_CHARACTERS, description: 'What the call is about, in a line' }) }),
  run: async ({ mesh, audience, hops }, params) => mesh.call({ to: recipientOf(params), topic: params.topic, speaker: audience, hops }),
  text: callText
})

/** Accepts or rejects a call that rings here. */
export const answerCall = defineOperation({
  name: 'answer',
  scope: 'operator.write',
  tool: {
    name: 'p2p_answer',
    label: 'P2P answer',
    description: 'Accept or reject the libp2p mesh call that rings here',
    carriesPeerText: true
  },
  parameters: Type.Object({
    ...CALL_ID,
    accept: Type.Boolean({ description: 'Whether to take the call' }),
    reason: Type.Optional(Type.String({ maxLength: 300, description: 'Why not, for the caller' }))
  }),
  run: async ({ mesh, audience: speaker }, { accept, reason, callId }) => {
    return mesh.answerCall({ accept, speaker, ...chosen(callId), ...reason !== undefined && { reason } })
  },
  text: callText
})

/** Says something in a call. */
export const say = defineOperation({
  name: 'say',
  scope: 'operator.write',
  tool: {
    name: 'p2p_call_send',
    label: 'P2P say in call',
    description: 'Say something in the libp2p mesh call that is on. It arrives once and in order, also when the connection breaks meanwhile: never say it again'
  },
  parameters: Type.Object({ ...CALL_ID, message: SPEECH }),
  run: async ({ mesh, audience, hops }, { message, callId }) => mesh.sayInCall({ text: message, author: audience, hops, ...chosen(callId) }),
  text: saidText
})

/** Fetches the owner into a call. */
export const escalate = defineOperation({
  name: 'escalate',
  scope: 'operator.write',
  tool: {
    name: 'p2p_escalate',
    label: 'P2P escalate',
    description: 'Ask your owner to step into the libp2p mesh call that is on: your question is shown in the owner\'s channels, and the other side is told. The owner\'s answer goes into the call',
    timeoutMs: () => MAX_SEND_MS
  },
  parameters: Type.Object({ ...CALL_ID, message: SPEECH }),
  run: async ({ mesh, audience }, { message, callId }) => mesh.escalateCall({ text: message, author: audience, ...chosen(callId) }),
  text: escalatedText
})

/** Ends a call, or rejects the one that rings. */
export const endCall = defineOperation({
  name: 'end',
  scope: 'operator.write',
  tool: {
    name: 'p2p_end_call',
    label: 'P2P end call',
    description: 'End the libp2p mesh call that is on; the result has its transcript',
    carriesPeerText: true
  },
  parameters: Type.Object(CALL_ID),
  run: async ({ mesh }, { callId }) => {
    const transcript = await mesh.endCall(chosen(callId))
    return { callId: transcript.callId, transcript }
  },
  text: ({ transcript }) => transcriptText(transcript, 'text')
})

/** Calls, or the transcript of one. */
export const transcript = defineOperation({
  name: 'transcript',
  scope: 'operator.read',
  parameters: Type.Object({ ...CALL_ID, format: Type.Optional(Type.Enum([...TRANSCRIPT_FORMATS], { type: 'string' })) }),
  run: async ({ mesh }, { callId }) => callId === undefined ? { calls: await mesh.listCalls() } : mesh.transcript({ callId }),
  text: (result, _audience, { format = 'text' }) => 'calls' in result ? callsText(result.calls) : transcriptText(result, format)
})

function chosen(callId: string | undefined): CallChoice {
  return callId === undefined ? {} : { callId }
}
