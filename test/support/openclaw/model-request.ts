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
  /** The result of the tool call that this request continues after; absent: the turn begins. */
  toolResult?: string
  isStream: boolean
}

/** OpenClaw adds a message of its own after the user's. */
const INTERNAL_CONTEXT = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>'

/** Reads the body of a `POST /chat/completions`; `authorization` names the caller. */
export function readModelRequest(body: Json, authorization: string | undefined): ModelRequest {
  const request = isJsonObject(body) ? body : {}
  const messages = objects(request['messages']).map((message) => ({ role: String(message['role']), text: textOf(message['content']) }))
  const spoken = messages.filter(({ role, text }) => role !== 'user' || !text.startsWith(INTERNAL_CONTEXT))
  const last = spoken.at(-1)
  return {
    caller: authorization?.replace(/^Bearer /, '') ?? '',
    tools: objects(request['tools']).map((tool) => isJsonObject(tool['function']) ? String(tool['function']['name']) : ''),
    messages,
    userText: spoken.findLast(({ role }) => role === 'user')?.text ?? '',
    ...(last?.role === 'tool' ? { toolResult: last.text } : {}),
    isStream: request['stream'] === true
  }
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** Content is a string or a list of parts, of which only those with text count. */
function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return objects(content).map((part) => typeof part['text'] === 'string' ? part['text'] : '').join('')
}
