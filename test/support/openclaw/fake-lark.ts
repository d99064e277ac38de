/**
 * Feishu as a bot meets it, in the test process: the part of Lark's API that bots send with, over HTTPS, and people who write
 * to the bot. A gateway on a LAN host reaches it on the loopback of that host.
 *
 * @example
 * await using lark = await FakeLark.start()
 * await lark.offerOn(lan.host('bob'))
 * lark.behave(tooFrequent)
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostDoor, NamespaceHost } from '../namespace-host.ts'
import { textOf } from './http.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { accept, type LarkAnswer, type LarkBehaviour } from './lark-answer.ts'
import { createCertificate, type Certificate } from './lark-certificate.ts'
import { messageEvent, type LarkApp } from './lark-event.ts'
import { readContent, toItem, type LarkMessage } from './lark-message.ts'

/** Port on the loopback of a LAN host. */
const PORT = 8443

interface LarkRequest {
  query: URLSearchParams
  /** The ID in the path, if there is one. */
  id: string
  body: JsonObject
}

/** A status and a body, or no answer at all. */
type LarkReply = { status: number, body: JsonObject } | 'silence' | 'hang-up'

type Route = [method: string, path: RegExp, handle: (request: LarkRequest) => LarkReply | Promise<LarkReply>]

/** A message that the bot tried to send, and what became of it; without an answer Lark has not decided yet. */
export interface LarkAttempt {
  message: LarkMessage
  answer?: LarkAnswer
}

export class FakeLark implements AsyncDisposable {
  /** Base URL of the API, for `channels.feishu.domain`. */
  readonly url = `https://127.0.0.1:${PORT}`
  readonly app: LarkApp = {
    appId: 'cli_fake', appSecret: randomBytes(8).toString('hex'), botId: 'ou_bot',
    verificationToken: randomBytes(8).toString('hex'), encryptKey: randomBytes(8).toString('hex')
  }

  /** Every request to send a message, oldest first. */
  readonly attempts: LarkAttempt[] = []
  /** What the bot sent and people see, oldest first. */
  readonly shown: LarkMessage[] = []
  /** Requests that Lark may answer and this fake cannot. */
  readonly unknown: string[] = []
  readonly #certificate: Certificate
  readonly #folder: string
  readonly #server: Server
  readonly #token = `t-${randomUUID()}`
  readonly #messages = new Map<string, LarkMessage>()
  #behaviour: LarkBehaviour = accept
  #host: NamespaceHost | undefined
  #door: HostDoor | undefined

  private constructor(certificate: Certificate, folder: string) {
    this.#certificate = certificate
    this.#folder = folder
    this.#server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
      this.#handle(request, response).catch((error: unknown) => { sendJson(response, 500, { code: 500, msg: String(error) }) })
    })
  }

  static async start(): Promise<FakeLark> {
    const folder = await mkdtemp(join(tmpdir(), 'mesh-lark-'))
    const lark = new FakeLark(await createCertificate(folder), folder)
    await once(lark.#server.listen(lark.socketPath), 'listening')
    return lark
  }

  /** The file with the certificate that clients must trust. */
  get certificatePath(): string {
    return this.#certificate.path
  }

  /** The Unix socket on which the API answers. */
  get socketPath(): string {
    return join(this.#folder, 'lark')
  }

  /** Makes the API reachable on the loopback of a host, at `url`. */
  async offerOn(host: NamespaceHost): Promise<void> {
    this.#host = host
    await this.comeBack()
  }

  /** From now on connections are refused. */
  async goDown(): Promise<void> {
    await this.#door?.close()
  }

  async comeBack(): Promise<void> {
    this.#door = await this.#host?.offer(this.socketPath, PORT)
  }

  /** From now on Lark does this with messages. @default `accept` */
  behave(behaviour: LarkBehaviour): void {
    this.#behaviour = behaviour
  }

  /** A person writes to the bot, or in a group; returns the event that tells the bot. */
  write(message: { from: string, to?: string, text: string, quoted?: string }): JsonObject {
    const written = { to: this.app.botId, ...message, messageId: newId() }
    this.#messages.set(written.messageId, written)
    return messageEvent(this.app, written)
  }

  /** The messages with `text` in them that people see. */
  shownWith(text: string): LarkMessage[] {
    return this.shown.filter(message => message.text.includes(text))
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await this.#door?.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  readonly #routes: Route[] = [
    ['GET', /^\/bot\/v3\/info$/, () => ok({ bot: { open_id: this.app.botId, app_name: 'the bot' } })],
    ['POST', /^\/bot\/v1\/openclaw_bot\/ping$/, () => ok({ data: {} })],
    ['POST', /^\/im\/v1\/messages$/, async ({ query, body }) => this.#create(query.get('receive_id_type'), body)],
    ['POST', /^\/im\/v1\/messages\/([^/]+)\/reply$/, async ({ id, body }) => this.#reply(id, body)],
    ['GET', /^\/im\/v1\/messages\/([^/]+)$/, ({ id }) => this.#tell(id)],
    ['GET', /^\/im\/v1\/chats\/([^/]+)$/, ({ id }) => ok({ data: { name: `group ${id}`, chat_mode: 'group', chat_type: 'private' } })]
  ]

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '', this.url)
    const text = await textOf(incoming)
    const json = text === '' ? {} : JSON.parse(text) as Json
    const body = isJsonObject(json) ? json : {}
    const path = pathname.replace(/^\/open-apis/, '')
    if (path === '/auth/v3/tenant_access_token/internal') send(response, this.#grant(body))
    else if (incoming.headers.authorization !== `Bearer ${this.#token}`) send(response, refusal(400, 99_991_663, 'Invalid access token for authorization.'))
    else send(response, await this.#answer(`${incoming.method ?? ''} ${path}`, { query: searchParams, id: '', body }))
  }

  #grant(body: JsonObject): LarkReply {
    const isKnown = body['app_id'] === this.app.appId && body['app_secret'] === this.app.appSecret
    return isKnown ? ok({ tenant_access_token: this.#token, expire: 7_200 }) : refusal(200, 10_014, 'app secret invalid')
  }

  async #answer(line: string, request: LarkRequest): Promise<LarkReply> {
    const [method, path = ''] = line.split(' ')
    for (const [verb, pattern, handle] of this.#routes) {
      const match = verb === method ? pattern.exec(path) : null
      if (match !== null) return handle({ ...request, id: decodeURIComponent(match[1] ?? '') })
    }
    this.unknown.push(line)
    return refusal(404, 404, 'this fake of Lark does not know that path')
  }

  async #create(idType: string | null, body: JsonObject): Promise<LarkReply> {
    const to = wordOf(body['receive_id'])
    const isRight = to.startsWith('ou_') ? idType === 'open_id' : to.startsWith('oc_') && idType === 'chat_id'
    return isRight ? this.#send(body, { to }) : refusal(400, 230_001, 'Your request contains an invalid request parameter.')
  }

  async #reply(id: string, body: JsonObject): Promise<LarkReply> {
    const quoted = this.#messages.get(id)
    if (quoted === undefined) return refusal(400, 230_011, 'The message was withdrawn.')
    const isDirect = quoted.to === this.app.botId
    return this.#send(body, { to: isDirect ? quoted.from : quoted.to, quoted: id })
  }

  async #send(body: JsonObject, place: { to: string, quoted?: string }): Promise<LarkReply> {
    const text = readContent(wordOf(body['msg_type']), wordOf(body['content']))
    const message: LarkMessage = { messageId: newId(), from: this.app.botId, text, ...place }
    const attempt: LarkAttempt = { message }
    this.attempts.push(attempt)
    const answer = await this.#behaviour(message)
    attempt.answer = answer
    if (answer.kind === 'refuse') return refusal(answer.status, answer.code, answer.msg)
    if (answer.kind === 'accept' || answer.isShown) {
      this.#messages.set(message.messageId, message)
      this.shown.push(message)
    }
    return answer.kind === 'accept' ? ok({ data: { message_id: message.messageId, chat_id: 'oc_chat', msg_type: wordOf(body['msg_type']) } }) : answer.kind
  }

  #tell(id: string): LarkReply {
    const message = this.#messages.get(id)
    return message === undefined ? refusal(400, 230_011, 'The message was withdrawn.') : ok({ data: { items: [toItem(message, this.app.botId)] } })
  }
}

function newId(): string {
  return `om_${randomUUID().replaceAll('-', '')}`
}

function ok(body: JsonObject): LarkReply {
  return { status: 200, body: { code: 0, msg: 'success', ...body } }
}

function refusal(status: number, code: number, msg: string): LarkReply {
  return { status, body: { code, msg, error: { log_id: randomUUID() } } }
}

function send(response: ServerResponse, reply: LarkReply): void {
  if (reply === 'hang-up') response.destroy()
  else if (reply !== 'silence') sendJson(response, reply.status, reply.body)
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

function wordOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
