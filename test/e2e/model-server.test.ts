/** The model server answers as a model would, and tells what it was asked. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postJson } from '../support/openclaw/http.ts'
import type { Json } from '../support/openclaw/json.ts'
import { scripted } from '../support/openclaw/model-answer.ts'
import { ModelServer } from '../support/openclaw/model-server.ts'

const USER = '[Fri 2026-11-20 20:45 UTC] CALL p2p_status {}\n\nRuntime: agent=main | host=vm'
const INTERNAL = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>> not what the user said'
const TOOLS = [{ type: 'function', function: { name: 'p2p_status' } }]

test('calls the tool that the user names, then tells what it said', async () => {
  await using model = await ModelServer.start()
  const asked = [{ role: 'system', content: 'You are an agent.' }, { role: 'user', content: USER }, { role: 'user', content: INTERNAL }]
  const call = await ask(model, { messages: asked, tools: TOOLS })
  assert.match(JSON.stringify(call), /"finish_reason":"tool_calls"/)
  assert.match(JSON.stringify(call), /"name":"p2p_status"/)
  const told = await ask(model, { messages: [...asked, { role: 'tool', content: 'all is well' }], tools: TOOLS })
  assert.match(JSON.stringify(told), /Done. The tool said: all is well/)
  assert.deepEqual(model.requestsOf('alice').map(({ userText, tools, toolResult }) => ({ userText, tools, toolResult })), [
    { userText: 'CALL p2p_status {}', tools: ['p2p_status'], toolResult: undefined },
    { userText: 'CALL p2p_status {}', tools: ['p2p_status'], toolResult: 'all is well' }
  ])
})

test('a tool that is not offered is not called', async () => {
  await using model = await ModelServer.start()
  assert.match(JSON.stringify(await ask(model, { messages: [{ role: 'user', content: USER }] })), /alice's agent read: CALL p2p_status/)
})

test('gives a list of answers in turn', async () => {
  await using model = await ModelServer.start()
  model.behave(scripted([{ text: 'first' }]))
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  assert.match(JSON.stringify(await ask(model, { messages })), /first/)
  assert.match(JSON.stringify(await ask(model, { messages })), /alice's agent read: hello/)
})

async function ask(model: ModelServer, body: Json): Promise<Json> {
  const { url, key } = await model.connect('alice')
  const { port, pathname } = new URL(url)
  const headers = { authorization: `Bearer ${key}` }
  const answer = await postJson({ port: Number(port) }, { path: `${pathname}/chat/completions`, headers, body, timeoutMs: 10_000 })
  assert.equal(answer.status, 200)
  return answer.body
}
