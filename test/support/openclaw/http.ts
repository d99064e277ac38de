/** JSON over HTTP to a port of this machine or to a Unix socket, with a time limit. */

import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Json } from './json.ts'

export type HttpAddress = { port: number } | { socketPath: string }

export interface PostOptions {
  path: string
  body: Json
  headers?: Record<string, string>
  timeoutMs: number
}

export interface HttpAnswer {
  status: number
  body: Json
}

/** Posts JSON and returns the JSON answer, whatever its status; an empty answer is `null`. */
export async function postJson(address: HttpAddress, options: PostOptions): Promise<HttpAnswer> {
  const outgoing = request({
    ...('port' in address ? { host: '127.0.0.1', port: address.port } : { socketPath: address.socketPath }),
    method: 'POST',
    path: options.path,
    agent: false, // a connection kept alive may be closed by the gateway just when it is used again
    headers: { 'content-type': 'application/json', ...options.headers },
    signal: AbortSignal.timeout(options.timeoutMs)
  })
  outgoing.end(JSON.stringify(options.body))
  const incoming = await answerTo(outgoing)
  return { status: incoming.statusCode ?? 0, body: parse(await textOf(incoming)) }
}

/** The whole body of a request or an answer. */
export async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message.setEncoding('utf8')) text += chunk as string
  return text
}

function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
}

function parse(text: string): Json {
  try {
    return text === '' ? null : JSON.parse(text) as Json
  } catch (error) {
    throw new Error(`The answer is no JSON: ${text.slice(0, 200)}`, { cause: error })
  }
}
