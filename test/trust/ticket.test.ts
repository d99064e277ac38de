import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { base32crockford } from '@scure/base'
import { MAX_TICKET_CHARACTERS } from '../../src/config/invite-limits.ts'
import { formatTicket, parseTicket, type Ticket } from '../../src/trust/ticket.ts'
import { alice, bob } from '../support/peers.ts'

const TICKET: Ticket = {
  peerId: alice,
  secret: Uint8Array.from({ length: 16 }, (_, index) => index),
  expiresAt: Date.UTC(2030, 0, 1),
  addresses: [multiaddr('/ip4/192.168.1.2/tcp/4001'), multiaddr(`/ip4/198.51.100.7/tcp/443/wss/p2p/${bob.toString()}/p2p-circuit`)]
}

function plain({ peerId, addresses, ...rest }: Ticket): object {
  return { ...rest, peerId: peerId.toString(), addresses: addresses.map(address => address.toString()) }
}

/** A ticket around these bytes, with the right checksum. */
function sealed(body: Uint8Array): string {
  const checksum = createHash('sha256').update('libp2p-mesh ticket').update(body).digest().subarray(0, 4)
  return base32crockford.encode(Buffer.concat([body, checksum]))
}

describe('a ticket', () => {
  const { text, uri } = formatTicket(TICKET)

  it('says in either form what went into it', () => {
    assert.deepEqual(plain(parseTicket(text)), plain(TICKET))
    assert.deepEqual(plain(parseTicket(uri)), plain(TICKET))
    const bare = { ...TICKET, addresses: [] }
    assert.deepEqual(plain(parseTicket(formatTicket(bare).text)), plain(bare))
  })

  it('has groups of four to read out, and is one line as a link', () => {
    assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-)+[0-9A-HJKMNP-TV-Z]{1,4}$/)
    assert.match(uri, /^libp2p-mesh:[0-9A-HJKMNP-TV-Z]+$/)
    assert.equal(uri, `libp2p-mesh:${text.replaceAll('-', '')}`)
  })

  it('is short: 100 letters for a LAN', () => {
    const { text: short } = formatTicket({ ...TICKET, addresses: TICKET.addresses.slice(0, 1) })
    assert.ok(short.replaceAll('-', '').length <= 110, short)
  })

  it('is read as people type it', () => {
    const typed = [
      text.toLowerCase(), text.replaceAll('-', ' '), text.replaceAll('0', 'O').replaceAll('1', 'l'), ` ${text}\n`,
      text.replaceAll(/(.{10})/g, '$1\n    '), uri.toUpperCase(), `\t${uri}\r\n`
    ]
    for (const variant of typed) assert.deepEqual(plain(parseTicket(variant)), plain(TICKET), variant)
  })

  it('is told from a mistyped one by every single letter, and by two that changed places', () => {
    const letters = text.replaceAll('-', '')
    for (let at = 0; at < letters.length; at++) {
      const wrong = letters[at] === '7' ? '8' : '7'
      assert.throws(() => parseTicket(letters.slice(0, at) + wrong + letters.slice(at + 1)), { code: 'INVALID_TICKET', reason: 'mistyped' })
      const swapped = letters.slice(0, at) + (letters[at + 1] ?? '') + (letters[at] ?? '') + letters.slice(at + 2)
      if (swapped !== letters) assert.throws(() => parseTicket(swapped), { code: 'INVALID_TICKET', reason: 'mistyped' })
    }
  })

  it('is told from a part of it, from more than it, and from what is none', () => {
    const others = [text.slice(0, -1), text.slice(4), `${text}0`, `${text}${text}`, 'hello', '0', 'K7QF-2M9X', '\u001b[2J', 'ü', 'U'.repeat(100), '0'.repeat(MAX_TICKET_CHARACTERS + 1)]
    for (const other of others) assert.throws(() => parseTicket(other), { code: 'INVALID_TICKET', reason: 'mistyped' }, other)
    for (const empty of ['', ' \n', 'libp2p-mesh:']) assert.throws(() => parseTicket(empty), { code: 'INVALID_TICKET', message: /no ticket/ })
  })

  it('never shows its letters in an error', () => {
    assert.throws(() => parseTicket(text.slice(0, -1)), ({ message }: Error) => !/[0-9A-Z]{4}-/.test(message))
  })

  it('of a later version says that one of the two has to be updated', () => {
    const body = Buffer.from(base32crockford.decode(text.replaceAll('-', ''))).subarray(0, -4)
    body[0] = 2
    assert.throws(() => parseTicket(sealed(body)), { code: 'INVALID_TICKET', reason: 'unsupported' })
  })

  it('made up of noise is an invalid ticket, whatever the noise', () => {
    for (let round = 0; round < 300; round++) {
      const body = Buffer.concat([Uint8Array.of(1), randomBytes(52 + round % 60)])
      try {
        parseTicket(sealed(body))
      } catch (error) {
        assert.equal(error instanceof Error && 'code' in error && error.code, 'INVALID_TICKET')
      }
    }
  })
})
