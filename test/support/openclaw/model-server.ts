/**
 * A model server with the OpenAI API whose answers are scripted, in the test process itself: tests read what the model saw
 * and decide what it says. Gateways on this machine reach it on loopback, gateways on a LAN on the loopback of their host.
 *
 * @example
 * await using model = await ModelServer.start()
 * model.behave(() => ({ tool: 'p2p_status', args: {} }))
 */

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NamespaceHost } from '../namespace-host.ts'
import type { ModelConnection } from './gateway-config.ts'
import { textOf } from './http.ts'
import type { Json, JsonObject } from './json.ts'
import { obedient, type ModelAnswer, type ModelBehaviour } from './model-answer.ts'
import { readModelRequest, type ModelRequest } from './model-request.ts'

/** Port of the model on the loopback of a LAN host. */
const LAN_PORT = 8099

export class ModelServer implements AsyncDisposable {
  /** All requests for an answer, oldest first. */
  readonly requests: ModelRequest[] = []
  #behaviour: ModelBehaviour = obedient
  readonly #folder: string
  readonly #local: Server
  readonly #forLan: Server
  #listensForLan: Promise<unknown> | undefined
  readonly #hosts = new Map<NamespaceHost, Promise<void>>()

  private constructor(folder: string) {
    this.#folder = folder
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#handle(request, response).catch((error: unknown) => { fail(response, error) })
    }
    this.#local = createServer(handle)
    this.#forLan = createServer(handle)
  }

  static async start(): Promise<ModelServer> {
    const server = new ModelServer(await mkdtemp(join(tmpdir(), 'mesh-model-')))
    await once(server.#local.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  /** From now on the model answers like this. @default `obedient` */
  behave(behaviour: ModelBehaviour): void {
    this.#behaviour = behaviour
  }

  /** The requests of one gateway. */
  requestsOf(caller: string): ModelRequest[] {
    return this.requests.filter(request => request.caller === caller)
  }

  /** What a gateway called `caller` needs to use this model; on a LAN host, makes it reachable there. */
  async connect(caller: string, host?: NamespaceHost): Promise<ModelConnection> {
    if (host === undefined) {
      const { port } = this.#local.address() as AddressInfo
      return { url: `http://127.0.0.1:${port}/v1`, key: caller }
    }
    const offered = this.#hosts.get(host) ?? this.#offerOn(host)
    this.#hosts.set(host, offered)
    await offered
    return { url: `http://127.0.0.1:${LAN_PORT}/v1`, key: caller }
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    for (const server of [this.#local, this.#forLan]) {
      server.close()
      server.closeAllConnections()
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #offerOn(host: NamespaceHost): Promise<void> {
    const socket = join(this.#folder, 'model')
    this.#listensForLan ??= once(this.#forLan.listen(socket), 'listening')
    await this.#listensForLan
    await host.offer(socket, LAN_PORT)
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.method === 'GET') {
      sendJson(response, { object: 'list', data: [{ id: 'scripted', object: 'model' }] })
      return
    }
    const request = readModelRequest(JSON.parse(await textOf(incoming)) as Json, incoming.headers.authorization)
    this.requests.push(request)
    const answer = await this.#behaviour(request)
    if (request.isStream) sendStream(response, answer)
    else sendJson(response, completion('chat.completion', { message: messageOf(answer), finish_reason: finishOf(answer) }))
  }
}

function sendStream(response: ServerResponse, answer: ModelAnswer): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (choice: JsonObject): void => {
    response.write(`data: ${JSON.stringify(completion('chat.completion.chunk', choice))}\n\n`)
  }
  send({ delta: messageOf(answer), finish_reason: null })
  send({ delta: {}, finish_reason: finishOf(answer) })
  response.end('data: [DONE]\n\n')
}

function sendJson(response: ServerResponse, body: JsonObject): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

function fail(response: ServerResponse, error: unknown): void {
  response.statusCode = 500
  sendJson(response, { error: { message: String(error) } })
}

function completion(object: string, choice: JsonObject): JsonObject {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return { id: 'answer', object, created: 1, model: 'scripted', choices: [{ index: 0, ...choice }], usage }
}

function messageOf(answer: ModelAnswer): JsonObject {
  if ('text' in answer) return { role: 'assistant', content: answer.text }
  const call = { name: answer.tool, arguments: JSON.stringify(answer.args) }
  return { role: 'assistant', content: null, tool_calls: [{ index: 0, id: `call-${Date.now()}`, type: 'function', function: call }] }
}

function finishOf(answer: ModelAnswer): string {
  return 'text' in answer ? 'stop' : 'tool_calls'
}
