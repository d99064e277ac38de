/** What a model sees of one turn: an OpenAI chat completion request, reduced to what tests ask about. */

import { isJsonObject, type Json, type JsonObject } from './json.ts'

export interface ModelMessage {
  role: string
  text: string
}

export interface ModelRequest {
  /** Name of the gateway that asks, from the API key. */
  caller: string
  /** Names of the tools that the model may call. */
  tools: string[]
  messages: ModelMessage[]
  /** The last message of the user, without what OpenClaw adds for itself. */
  userText: string
  /** What a peer wrote, if the turn is about that: the text inside OpenClaw's frame for untrusted content. */
  peerText?: string
  /** The result of the tool call that this request continues after; absent: the turn begins. */
  toolResult?: string
  isStream: boolean
}

/** OpenClaw adds a message of its own after the user's. */
const INTERNAL_CONTEXT = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>'
/** In front of the user's text: `[Fri 2026-11-20 20:45 UTC] `. */
const TIMESTAMP = /^\[\w{3} \d{4}-\d\d-\d\d \d\d:\d\d [^\]]+\] /
/** After the user's text. */
const RUNTIME_LINE = /\n\nRuntime: agent=.*$/s

/** Reads the body of a `POST /chat/completions`; `authorization` names the caller. */
export function readModelRequest(body: Json, authorization: string | undefined): ModelRequest {
  const request = isJsonObject(body) ? body : {}
  const messages = objects(request['messages']).map(message => ({ role: wordOf(message['role']), text: textOf(message['content']) }))
  const spoken = messages.filter(({ role, text }) => role !== 'user' || !text.startsWith(INTERNAL_CONTEXT))
  const last = spoken.at(-1)
  const userText = withoutAdditions(spoken.findLast(({ role }) => role === 'user')?.text ?? '')
  const peerText = UNTRUSTED.exec(userText)?.[1]
  return {
    caller: authorization?.replace(/^Bearer /, '') ?? '',
    tools: objects(request['tools']).map(tool => isJsonObject(tool['function']) ? wordOf(tool['function']['name']) : ''),
    messages,
    userText,
    ...peerText === undefined ? {} : { peerText },
    ...(last?.role === 'tool' ? { toolResult: last.text } : {}),
    isStream: request['stream'] === true
  }
}

/** OpenClaw's frame: an opening mark with an ID, lines about the source, three dashes, the text, a closing mark. */
const UNTRUSTED = /<<<EXTERNAL_UNTRUSTED_CONTENT [^>]*>>>\n(?:.*\n)*?---\n([^]*?)\n<<<END_EXTERNAL_UNTRUSTED_CONTENT/

function withoutAdditions(text: string): string {
  return text.replace(TIMESTAMP, '').replace(RUNTIME_LINE, '')
}

function wordOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** Content is a string or a list of parts, of which only those with text count. */
function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return objects(content).map(part => typeof part['text'] === 'string' ? part['text'] : '').join('')
}
