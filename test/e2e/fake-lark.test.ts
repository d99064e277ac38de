/** The fake of Lark answers as Lark does, does what a test tells it, and seals events as Lark does. */

import assert from 'node:assert/strict'
import { createDecipheriv, createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { FakeLark } from '../support/openclaw/fake-lark.ts'
import { textOf } from '../support/openclaw/http.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { tooFrequent } from '../support/openclaw/lark-answer.ts'
import { sealEvent } from '../support/openclaw/lark-event.ts'
import { until } from '../support/until.ts'

const MESSAGES = '/im/v1/messages?receive_id_type=open_id'
const HELLO = { receive_id: 'ou_owner', msg_type: 'post', content: JSON.stringify({ zh_cn: { content: [[{ tag: 'md', text: 'hello' }]] } }) }

test('shows what a bot with its token sends, and what quotes it', async () => {
  await using lark = await FakeLark.start()
  const bot = await logIn(lark)
  const { body } = await bot('POST', MESSAGES, HELLO)
  const id = (body['data'] as JsonObject)['message_id'] as string
  await bot('POST', `/im/v1/messages/${id}/reply`, { msg_type: 'text', content: JSON.stringify({ text: 'more' }) })
  assert.deepEqual(lark.shown.map(({ to, text, quoted }) => ({ to, text, quoted })), [
    { to: 'ou_owner', text: 'hello', quoted: undefined },
    { to: 'ou_owner', text: 'more', quoted: id }
  ])
  assert.match(JSON.stringify(await bot('GET', `/im/v1/messages/${id}`)), /"sender_type":"app".*hello/)
  assert.deepEqual(lark.unknown, [])
})

test('refuses who has no token or the wrong secret, an address of the wrong kind, and what it does not know', async () => {
  await using lark = await FakeLark.start()
  const bot = await logIn(lark)
  const wrongSecret = await call(lark, ['POST', '/auth/v3/tenant_access_token/internal'], { body: { app_id: lark.app.appId, app_secret: 'x' } })
  assert.equal(wrongSecret.body['code'], 10_014)
  assert.equal((await call(lark, ['POST', MESSAGES], { body: HELLO, token: 'x' })).body['code'], 99_991_663)
  assert.equal((await bot('POST', '/im/v1/messages?receive_id_type=chat_id', HELLO)).body['code'], 230_001)
  assert.equal((await bot('GET', '/im/v1/pins')).status, 404)
  assert.deepEqual(lark.unknown, ['GET /im/v1/pins'])
  assert.deepEqual(lark.shown, [])
})

test('says no, says nothing, or hangs up when it is told to, and shows the message or does not', async () => {
  await using lark = await FakeLark.start()
  const bot = await logIn(lark)
  lark.behave(tooFrequent)
  assert.equal((await bot('POST', MESSAGES, HELLO)).status, 429)
  lark.behave(() => ({ kind: 'hang-up', isShown: false }))
  await assert.rejects(bot('POST', MESSAGES, HELLO), /hang up/)
  assert.deepEqual(lark.shown, [])
  lark.behave(() => ({ kind: 'silence', isShown: true }))
  const silence = assert.rejects(bot('POST', MESSAGES, HELLO), /hang up/)
  await until(() => lark.shown.length === 1, { what: 'the message to be shown', timeoutMs: 10_000 })
  assert.deepEqual(lark.attempts.map(({ answer }) => answer?.kind), ['refuse', 'hang-up', 'silence'])
  await lark.stop()
  await silence
})

test('an event opens with the app\'s key, carries its signature, and is sealed anew each time', async () => {
  await using lark = await FakeLark.start()
  const event = lark.write({ from: 'ou_owner', text: 'good idea', quoted: 'om_1' })
  const posts = [sealEvent(lark.app, event), sealEvent(lark.app, event)]
  assert.notEqual(posts[0]?.body['encrypt'], posts[1]?.body['encrypt'])
  for (const { headers, body } of posts) {
    const sealed = Buffer.from(body['encrypt'] as string, 'base64')
    const key = createHash('sha256').update(lark.app.encryptKey).digest()
    const decipher = createDecipheriv('aes-256-cbc', key, sealed.subarray(0, 16))
    assert.deepEqual(JSON.parse(decipher.update(sealed.subarray(16), undefined, 'utf8') + decipher.final('utf8')), event)
    const signed = `${headers['x-lark-request-timestamp'] ?? ''}${headers['x-lark-request-nonce'] ?? ''}${lark.app.encryptKey}${JSON.stringify(body)}`
    assert.equal(headers['x-lark-signature'], createHash('sha256').update(signed).digest('hex'))
  }
})

type Bot = (method: string, path: string, body?: JsonObject) => Promise<Answer>
interface Answer { status: number | undefined, body: JsonObject }

async function logIn(lark: FakeLark): Promise<Bot> {
  const { appId, appSecret } = lark.app
  const granted = await call(lark, ['POST', '/auth/v3/tenant_access_token/internal'], { body: { app_id: appId, app_secret: appSecret } })
  const token = granted.body['tenant_access_token'] as string
  return async (method, path, body) => call(lark, [method, path], { token, ...body === undefined ? {} : { body } })
}

/** Calls the API on its socket and trusts nobody but the owner of its certificate, as a gateway does. */
async function call(lark: FakeLark, line: [method: string, path: string], { body, token }: { body?: JsonObject, token?: string }): Promise<Answer> {
  const [method, path] = line
  const outgoing = request({
    socketPath: lark.socketPath, host: '127.0.0.1', method, path: `/open-apis${path}`, agent: false,
    ca: await readFile(lark.certificatePath), headers: { authorization: `Bearer ${token ?? ''}` }
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
  return { status: incoming.statusCode, body: JSON.parse(await textOf(incoming)) as JsonObject }
}
