/** What a scripted model answers: a text, or a call of a tool. */

import type { JsonObject } from './json.ts'
import type { ModelRequest } from './model-request.ts'

export type ModelAnswer =
  | { text: string }
  | { tool: string, args: JsonObject }

/** Decides what the model says to a request. It may wait before it answers, as a slow model does. */
export type ModelBehaviour = (request: ModelRequest) => ModelAnswer | Promise<ModelAnswer>

const CALL = /CALL (\w+) (\{.*\})/s

/**
 * Always answers: `CALL tool {json}` in the user's text calls that tool when it is offered and then tells what it said;
 * any other text is answered with a fixed form that names the caller and quotes what a peer wrote, or else the last line.
 */
export function obedient(request: ModelRequest): ModelAnswer {
  if (request.toolResult !== undefined) return { text: `Done. The tool said: ${request.toolResult.slice(0, 500)}` }
  const [, tool, args] = CALL.exec(request.userText) ?? []
  if (tool !== undefined && args !== undefined && request.tools.includes(tool)) {
    return { tool, args: JSON.parse(args) as JsonObject }
  }
  return { text: `${request.caller}'s agent read: ${lastLine(request.peerText ?? request.userText)}` }
}

/** Gives the answers in turn, one for each request, and `then` when they are used up. */
export function scripted(answers: ModelAnswer[], then: ModelBehaviour = obedient): ModelBehaviour {
  const left = [...answers]
  return request => left.shift() ?? then(request)
}

function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').slice(0, 200)
}
