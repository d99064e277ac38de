import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { addCommands, type CliParts } from '../../src/openclaw/cli.ts'
import type { GatewayCall } from '../../src/openclaw/gateway-call.ts'
import type { Outcome } from '../../src/openclaw/operations/definition.ts'
import { OPERATIONS } from '../../src/openclaw/operations/table.ts'
import { safeJson } from '../../src/openclaw/safe-json.ts'
import { PEER } from '../support/fake-mesh.ts'
import { testFolder } from '../support/test-folder.ts'

type Program = Parameters<typeof addCommands>[0]

/** As much of a commander command as the commands use. */
class FakeCommand {
  readonly commands = new Map<string, FakeCommand>()
  readonly flags: string[] = []
  args: string[] = []
  given: Record<string, unknown> = {}
  #action: () => Promise<void> = async () => assert.fail('the command does nothing')

  command(usage: string): FakeCommand {
    const made = new FakeCommand()
    this.commands.set(usage, made)
    return made
  }

  description(): this { return this }

  option(flags: string): this {
    this.flags.push(flags)
    return this
  }

  opts(): Record<string, unknown> { return this.given }

  action(action: () => Promise<void>): this {
    this.#action = action
    return this
  }

  async run(args: string[], given: Record<string, unknown>): Promise<void> {
    this.args = args
    this.given = given
    await this.#action()
  }
}

interface Session {
  /** Standard input. */
  input: string
  calls: GatewayCall[]
  out: string[]
  err: string[]
  hasFailed: boolean
  pauses: number
}

const SUCCESS: Outcome = { details: { ok: true, peerId: PEER, path: 'direct' }, text: 'done' }
const FAILURE: Outcome = { details: { ok: false, error: { code: 'UNKNOWN_RECIPIENT', message: 'nobody' } }, text: 'UNKNOWN_RECIPIENT: nobody' }

async function command(line: string, given: Record<string, unknown> = {}, outcome = SUCCESS): Promise<Session> {
  const session: Session = { input: '04AB-CDEF\n', calls: [], out: [], err: [], hasFailed: false, pauses: 0 }
  const parts: CliParts = {
    call: async (call) => {
      session.calls.push(call)
      return outcome
    },
    lines: () => assert.fail('reads the keyboard'),
    input: { isTerminal: false, chunks: async function* () { yield session.input } },
    isWatched: false,
    out: (text) => { session.out.push(text) },
    err: (text) => { session.err.push(text) },
    fail: () => { session.hasFailed = true },
    pause: async () => { session.pauses += 1 }
  }
  const program = new FakeCommand()
  addCommands(program as unknown as Program, parts)
  const [name = '', ...args] = line.split(' ')
  const root = program.commands.get('p2p') ?? assert.fail('no command p2p')
  const [, found] = [...root.commands].find(([usage]) => usage.split(' ')[0] === name) ?? assert.fail(`no command ${name}`)
  assert.ok(found.flags.includes('--json'))
  await found.run(args, given)
  return session
}

describe('openclaw p2p networkkey', () => {
  it('writes a key without a gateway, once, and fails over an existing file', async (t) => {
    const file = join(testFolder(t), 'mesh.key')
    const written = await command(`networkkey ${file}`, { json: true })
    assert.deepEqual([written.calls, JSON.parse(written.out[0] ?? ''), written.hasFailed], [[], { ok: true, file }, false])
    const key = await readFile(file, 'utf8')
    const again = await command(`networkkey ${file}`)
    assert.deepEqual([again.hasFailed, again.out, /INVALID_ARGUMENT \(file\): .*exists already/.test(again.err[0] ?? '')], [true, [], true])
    assert.equal(await readFile(file, 'utf8'), key)
  })
})

describe('openclaw p2p', () => {
  const rows: Array<[line: string, given: Record<string, unknown>, operation: string, params: object]> = [
    ['status', {}, 'status', {}],
    ['identity', {}, 'identity', {}],
    ['doctor', {}, 'doctor', {}],
    ['peers', {}, 'peers', {}],
    ['peers', { online: true }, 'peers', { online: true }],
    [`add ${PEER}`, { alias: 'bob', replace: true }, 'add', { to: PEER, alias: 'bob', replace: true }],
    ['remove bob', {}, 'remove', { to: 'bob' }],
    ['ping bob', {}, 'ping', { to: 'bob' }],
    ['instances', {}, 'instances', {}],
    ['send bob hello there', {}, 'sendAny', { to: 'bob', message: 'hello there' }],
    ['message m1', {}, 'message', { messageId: 'm1' }],
    ['broadcast hello everybody', { topic: 'other' }, 'broadcast', { message: 'hello everybody', topic: 'other' }],
    ['inbox', { unread: true, limit: '5', markRead: true }, 'inbox', { unreadOnly: true, limit: 5, markRead: true }],
    ['approve ABCD-EFGH', {}, 'approve', { who: 'ABCD-EFGH' }],
    ['block bob', {}, 'block', { to: 'bob' }],
    ['invite', {}, 'invite', {}],
    ['invite', { name: 'anna', expires: '2h' }, 'invite', { name: 'anna', expires: '2h' }],
    ['join', {}, 'join', { ticket: '04AB-CDEF\n' }],
    ['join', { name: 'anna' }, 'join', { ticket: '04AB-CDEF\n', name: 'anna' }],
    ['call bob where to eat', {}, 'call', { to: 'bob', topic: 'where to eat' }],
    ['answer accept', {}, 'answer', { accept: true }],
    ['answer reject not now', { call: 'c1' }, 'answer', { accept: false, reason: 'not now', callId: 'c1' }],
    ['answer maybe', {}, 'answer', { accept: 'maybe' }],
    ['say the noodle place', {}, 'say', { message: 'the noodle place' }],
    ['escalate is it open?', { call: 'c1' }, 'escalate', { message: 'is it open?', callId: 'c1' }],
    ['end', {}, 'end', {}],
    ['transcript', {}, 'transcript', {}],
    ['transcript c1', { format: 'jsonl' }, 'transcript', { callId: 'c1', format: 'jsonl' }]
  ]
  for (const [line, given, operation, params] of rows) {
    it(`${line} ${JSON.stringify(given)}`, async () => {
      const { calls } = await command(line, given)
      assert.deepEqual(calls.map(call => [call.operation, call.params]), [[operation, params]])
      assert.ok(OPERATIONS.some(({ name, scope }) => name === operation && scope !== undefined))
    })
  }

  it('prints text, and nothing on standard error', async () => {
    const session = await command('status')
    assert.deepEqual(session, { ...session, out: ['done'], err: [], hasFailed: false })
  })

  it('prints exactly one JSON value with --json', async () => {
    const { out } = await command('status', { json: true })
    assert.deepEqual(out.map(text => JSON.parse(text) as unknown), [SUCCESS.details])
  })

  it('tells of a failure on standard error and by the exit code', async () => {
    const plain = await command('ping nobody', {}, FAILURE)
    assert.deepEqual(plain, { ...plain, out: [], err: ['UNKNOWN_RECIPIENT: nobody'], hasFailed: true })
    const json = await command('ping nobody', { json: true }, FAILURE)
    assert.deepEqual(json, { ...json, out: [JSON.stringify(FAILURE.details)], err: ['UNKNOWN_RECIPIENT: nobody'], hasFailed: true })
  })

  it('fails by its exit code when the doctor finds the node not healthy, and prints what it found', async () => {
    const checks: Array<[healthy: boolean, given: object, out: string]> = [
      [true, {}, 'found'], [false, {}, 'found'], [false, { json: true }, '{"ok":true,"healthy":false}']
    ]
    for (const [healthy, given, out] of checks) {
      const session = await command('doctor', { ...given }, { details: { ok: true, healthy }, text: 'found' })
      assert.deepEqual(session, { ...session, out: [out], err: [], hasFailed: !healthy })
    }
  })

  it('hands on how to reach the gateway', async () => {
    const { calls } = await command('status', { url: 'ws://127.0.0.1:1', token: 't', timeout: '5000', json: true })
    assert.deepEqual(calls[0]?.options, { url: 'ws://127.0.0.1:1', token: 't', timeout: '5000' })
  })
})

describe('openclaw p2p join', () => {
  it('reads the ticket from a file, and tells who passes it as an argument what is wrong with that', async (t) => {
    const path = join(testFolder(t), 'ticket.txt')
    writeFileSync(path, '04AB-CDEF')
    const { calls } = await command(`join ${path}`)
    assert.deepEqual(calls.map(call => call.params), [{ ticket: '04AB-CDEF' }])
    const wrong = await command('join 04AB-CDEF-SECRET', { json: true })
    assert.deepEqual([wrong.calls, wrong.hasFailed], [[], true])
    assert.match(wrong.err.join(), /^INVALID_ARGUMENT: .*ENOENT.*paste it/)
    assert.doesNotMatch(wrong.err.join() + wrong.out.join(), /SECRET/)
    assert.equal((JSON.parse(wrong.out[0] ?? '') as { ok: boolean }).ok, false)
  })
})

describe('openclaw p2p invite', () => {
  it('prints exactly one JSON value with --json', async () => {
    const { out } = await command('invite', { json: true })
    assert.deepEqual(out.map(text => JSON.parse(text) as unknown), [SUCCESS.details])
  })

  it('tells of a failure like every command', async () => {
    const session = await command('invite', {}, FAILURE)
    assert.deepEqual(session, { ...session, out: [], err: ['UNKNOWN_RECIPIENT: nobody'], hasFailed: true })
  })
})

describe('safeJson', () => {
  it('is the same value without a character that a terminal would obey', () => {
    const value = { text: 'a\u001b[2J\u009b1m\u202eb\u2028c😀' }
    const json = safeJson(value)
    assert.deepEqual(JSON.parse(json), value)
    assert.doesNotMatch(json, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })
})
