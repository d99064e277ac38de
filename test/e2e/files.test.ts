/** Files between two real gateways: by the agent's tool, by commands, as media of a message; what came in reaches the other agent as media. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Couple } from '../support/openclaw/couple.ts'
import type { Gateway } from '../support/openclaw/gateway.ts'
import type { Json, JsonObject } from '../support/openclaw/json.ts'
import { obedient } from '../support/openclaw/model-answer.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 240_000
const BYTES = 50_000_000

const whyNot = Couple.whyNot()

describe('files between two gateways', { skip: whyNot ?? false }, () => {
  let couple: Couple
  let aliceId = ''
  let bobId = ''
  let workspace = ''

  before(async () => {
    couple = await Couple.start({ plugin: { turnBudget: { perPeerPerHour: 60 } } })
    couple.model.behave(obedient);
    ({ aliceId, bobId } = await couple.befriend())
    workspace = join(dirname(couple.alice.home.configPath), 'workspace')
    await mkdir(workspace, { recursive: true })
  })

  after(async () => { await couple[Symbol.asyncDispose]() })

  test('an agent sends 50 MB, which arrive byte by byte, and the other agent gets them as media', async () => {
    const content = randomBytes(BYTES)
    await writeFile(join(workspace, 'film.bin'), content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    const task = `CALL p2p_send_file ${JSON.stringify({ to: bobId, path: 'film.bin', message: 'our film', waitMs: WAIT_MS })}`
    const { code, output } = await couple.alice.cli(['agent', '--agent', 'main', '--message', task, '--json'])
    assert.equal(code, 0, output)
    const received = await fileFrom(couple.bob, aliceId, 'film.bin')
    assert.deepEqual([received['state'], received['bytes'], received['sha256']], ['received', BYTES, sha256])
    assert.ok(content.equals(await readFile(text(received['path']))))
    const request = await until(() => couple.model.requestsOf('bob').find(({ messages }) => messages.some(message => message.text.includes('our film'))), {
      what: 'a turn of bob\'s agent', timeoutMs: WAIT_MS
    })
    const prompt = request.messages.map(message => message.text).join('\n')
    assert.match(prompt, /sent a file/)
    assert.ok(prompt.includes(text(received['path'])), prompt)
    assert.match(prompt, /\[media attached: .*film\.bin/)
  })

  test('50 MB in a call arrive byte by byte, and stand in both transcripts', async () => {
    const { callId } = await couple.alice.tool('p2p_call', { to: bobId, topic: 'our film' })
    assert.equal((await couple.bob.tool('p2p_answer', { accept: true }))['ok'], true)
    await until(async () => (await couple.alice.tool('p2p_call_send', { message: 'here it comes' }))['ok'] === true, { what: 'the call to be on', timeoutMs: WAIT_MS })
    const sent = await couple.alice.tool('p2p_send_file', { path: 'film.bin', waitMs: 100_000 })
    assert.deepEqual([sent['state'], sent['callId'], sent['bytes']], ['received', callId, BYTES])
    const theirs = await until(async () => fileIn(await couple.bob.owner('transcript', { callId: text(callId) })), { what: 'the step', timeoutMs: WAIT_MS })
    const { transcript } = await couple.alice.tool('p2p_end_call')
    const { path, ...facts } = theirs
    assert.deepEqual(facts, fileIn(transcript as JsonObject))
    assert.equal(facts['sha256'], sent['sha256'])
    assert.equal(createHash('sha256').update(await readFile(text(path))).digest('hex'), sent['sha256'])
  })

  test('an agent sends nothing from outside of its workspace', async () => {
    const result = await couple.alice.tool('p2p_send_file', { to: bobId, path: couple.alice.home.configPath })
    assert.deepEqual([result['ok'], (result['error'] as JsonObject)['code']], [false, 'NOT_ALLOWED'])
  })

  test('`openclaw p2p sendfile` sends any file, and `openclaw p2p files` shows it on both sides', async () => {
    const path = join(dirname(couple.alice.home.configPath), 'letter.txt')
    await writeFile(path, 'dear bob')
    const sent = await couple.alice.cli(['p2p', 'sendfile', path, bobId, '--json'])
    assert.equal(sent.code, 0, sent.output)
    const { state, transferId } = JSON.parse(sent.stdout) as JsonObject
    assert.equal(state, 'received')
    const received = await fileFrom(couple.bob, aliceId, 'letter.txt')
    assert.equal(received['transferId'], transferId)
    const listed = await couple.bob.cli(['p2p', 'files'])
    assert.match(listed.stdout, /letter\.txt, 8 B\n {2}received/)
    const failed = await couple.alice.cli(['p2p', 'sendfile', `${path}.nothing`, bobId, '--json'])
    assert.deepEqual([failed.code, ((JSON.parse(failed.stdout) as JsonObject)['error'] as JsonObject)['code']], [1, 'NOT_FOUND'])
  })

  test('`openclaw message send --media` sends the file with its caption', async () => {
    const path = join(workspace, 'photo.png')
    await writeFile(path, Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'))
    const sent = await couple.alice.cli([
      'message', 'send', '--channel', 'libp2p-mesh', '--target', bobId, '--media', path, '--message', 'look at this'
    ])
    assert.equal(sent.code, 0, sent.output)
    const { messages } = await until(async () => {
      const inbox = await couple.bob.tool('p2p_inbox') as { messages: JsonObject[] }
      return inbox.messages.some(message => message['text'] === 'look at this') && inbox
    }, { what: 'the message', timeoutMs: WAIT_MS })
    const file = messages.find(message => message['text'] === 'look at this')?.['file'] as JsonObject
    assert.deepEqual(await readFile(text(file['path'])), await readFile(path))
  })
})

async function fileFrom(gateway: Gateway, peerId: string, name: string): Promise<JsonObject> {
  return await until(async () => {
    const { files } = await gateway.tool('p2p_files', { direction: 'in' }) as { files: JsonObject[] }
    return files.find(file => file['peerId'] === peerId && file['name'] === name && file['state'] === 'received')
  }, { what: `the file ${name}`, timeoutMs: WAIT_MS })
}

function fileIn({ entries }: JsonObject): JsonObject | undefined {
  return (entries as JsonObject[]).find(entry => entry['kind'] === 'file')?.['file'] as JsonObject | undefined
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : assert.fail(`no text: ${JSON.stringify(value)}`)
}
