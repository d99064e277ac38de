import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MAX_TICKET_CHARACTERS } from '../../src/config/invite-limits.ts'
import { readTicket, type TicketInput } from '../../src/openclaw/cli-ticket.ts'
import { testFolder } from '../support/test-folder.ts'

async function* each<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}

function piped(...chunks: Array<string | Uint8Array>): TicketInput {
  return { isTerminal: false, chunks: () => each(...chunks), lines: () => assert.fail('reads lines'), ask: () => assert.fail('asks') }
}

/** A terminal in which these lines are typed; more than the ticket takes is never read. */
function typed(...lines: string[]): { input: TicketInput, asked: string[], isClosed: () => boolean } {
  const asked: string[] = []
  let isClosed = false
  const source = (): ReturnType<TicketInput['lines']> => Object.assign(each(...lines), { close: () => { isClosed = true } })
  return { input: { isTerminal: true, chunks: () => assert.fail('reads bytes'), lines: source, ask: text => asked.push(text) }, asked, isClosed: () => isClosed }
}

describe('the ticket to join with', () => {
  it('is all of standard input, however it comes in', async () => {
    assert.equal(await readTicket(undefined, piped('04AB-', Buffer.from('CDEF\n'))), '04AB-CDEF\n')
    assert.equal(await readTicket(undefined, piped()), '')
  })

  it('is pasted in a terminal: several lines until an empty one, or a link', async () => {
    const lines = typed('', '  04AB-CDEF-', '  GHJK', '', 'never read')
    assert.equal((await readTicket(undefined, lines.input)).trim(), '04AB-CDEF-\n  GHJK')
    assert.match(lines.asked.join(), /empty line/)
    assert.ok(lines.isClosed())
    assert.equal(await readTicket(undefined, typed('libp2p-mesh:04AB', 'never read').input), 'libp2p-mesh:04AB')
    assert.equal(await readTicket(undefined, typed('04AB').input), '04AB')
  })

  it('is in a file, if that is named', async (t) => {
    const path = join(testFolder(t), 'ticket')
    writeFileSync(path, '04AB\n')
    assert.equal(await readTicket(path, piped('another')), '04AB\n')
  })

  it('is not looked for in more than a ticket can be', async (t) => {
    const path = join(testFolder(t), 'ticket')
    writeFileSync(path, 'x'.repeat(3 * MAX_TICKET_CHARACTERS))
    const endless = { ...piped(), chunks: async function* () { for (;;) yield 'x'.repeat(1_000) } }
    assert.equal((await readTicket(path, piped())).length, MAX_TICKET_CHARACTERS)
    assert.equal((await readTicket(undefined, endless)).length, MAX_TICKET_CHARACTERS)
  })

  it('is not told to anybody who passes a file that is not there', async () => {
    await assert.rejects(readTicket('04AB-SECRET', piped()), ({ code, message }: Error & { code?: string }) => code === 'INVALID_ARGUMENT' && !message.includes('SECRET'))
  })
})
