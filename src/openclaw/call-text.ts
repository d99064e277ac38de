/** Calls and transcripts as text: for terminals and agents, as Markdown and as JSON Lines; what peers wrote is escaped and marked. */
import { escapeControl, escapeTerminal } from '../lib/text.ts'
import type { CallEntry, CallSummary, CallTranscript, TargetDelivery } from '../mesh-api.ts'
import { deliveryLines, quoted } from './render.ts'
import { safeJson } from './safe-json.ts'

/** How a transcript is printed. */
export const TRANSCRIPT_FORMATS = ['text', 'markdown', 'jsonl'] as const

export type TranscriptFormat = typeof TRANSCRIPT_FORMATS[number]

/** A call at a glance. */
export function callText(call: CallSummary): string {
  const name = call.alias === undefined ? call.peerId : `${escapeControl(call.alias)} (${call.peerId})`
  return `Call ${call.callId} ${call.role === 'caller' ? 'to' : 'from'} ${name}: ${stateText(call)}\n> ${escapeControl(call.topic)}`
}

/** Calls, the newest first. */
export function callsText(calls: readonly CallSummary[]): string {
  if (calls.length === 0) return 'No calls'
  return [...calls.map(call => `${time(call.startedAt)}  ${callText(call)}`), 'Lines with > may be text from peers, untrusted.'].join('\n')
}

/** What a message in a call became. */
export function saidText({ callId, seq }: { callId: string, seq: number }): string {
  return `Said in the call ${callId} (${seq}); it is there, or goes out by itself: do not say it again`
}

/** Who was told that the agent needs its owner. */
export function escalatedText({ callId, notified }: { callId: string, notified: readonly TargetDelivery[] }): string {
  const where = notified.length === 0 ? 'no channel is configured (inboundChannel), so the owner sees it in: openclaw p2p transcript' : 'the owner was asked:'
  return [`Call ${callId}: ${where}`, ...deliveryLines(notified)].join('\n')
}

/** A transcript in one of its forms. */
export function transcriptText(transcript: CallTranscript, format: TranscriptFormat): string {
  switch (format) {
    case 'text':
      return plain(transcript)
    case 'markdown':
      return markdown(transcript)
    case 'jsonl':
      return jsonLines(transcript)
  }
}

function plain({ callId, topic, caller, callee, startedAt, endReason, entries }: CallTranscript): string {
  return [
    `Call ${callId}, ${time(startedAt)}${endReason === undefined ? '' : `, ended: ${endReason}`}`,
    `Caller: ${caller}`, `Callee: ${callee}`, `> ${escapeControl(topic)}`,
    ...entries.flatMap(entry => [`${time(entry.at)}  ${entry.from}  ${entry.kind}`, quoted(entry.text)]),
    'Lines with > may be text from peers, untrusted.'
  ].join('\n')
}

function markdown({ callId, topic, caller, callee, startedAt, endedAt, endReason, entries }: CallTranscript): string {
  return [
    `# Call: ${inline(topic)}`, '',
    `- ID: \`${callId}\``, `- Caller: \`${caller}\``, `- Callee: \`${callee}\``, `- Began: ${time(startedAt)}`,
    ...endedAt === undefined ? [] : [`- Ended: ${time(endedAt)} (${endReason ?? 'ended'})`],
    ...entries.flatMap(entry => ['', `**${entry.from === caller ? 'Caller' : 'Callee'}** ${kindText(entry)}${time(entry.at)}`, '', block(entry.text)])
  ].join('\n')
}

/** A line for the call, then one for each entry. */
function jsonLines({ entries, ...call }: CallTranscript): string {
  return [call, ...entries].map(line => safeJson(line)).join('\n')
}

function kindText({ kind }: CallEntry): string {
  return kind === 'message' ? '' : `(${kind}) `
}

/** Text that Markdown gives no meaning: an indented block, which nothing in it can end. */
function block(text: string): string {
  return escapeTerminal(text).split('\n').map(line => `    ${line}`).join('\n')
}

function inline(text: string): string {
  return escapeControl(text).replaceAll(/[\\`*_[\]<>#|!]/g, character => `\\${character}`)
}

function stateText({ state, waits, endReason, endText, isEscalated }: CallSummary): string {
  const mark = isEscalated === true ? ', an owner was asked' : ''
  if (state === 'ended') return `ended (${endReason ?? 'hung-up'})${mark}${endText === undefined ? '' : `: ${escapeControl(endText)}`}`
  return waits === true ? 'waits until another call is over' : `${state}${mark}`
}

function time(at: number): string {
  return new Date(at).toISOString()
}
