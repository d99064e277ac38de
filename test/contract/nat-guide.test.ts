/** TESTING_NAT.md quotes what is there: commands, configurations, log lines, reasons, ports and limits. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { parseCommand } from '../../src/command/arguments.ts'
import { CONFIG_DEFAULTS } from '../../src/config/defaults.ts'
import { STUN_ANSWERS_PER_MINUTE } from '../../src/config/nat-limits.ts'
import {
  MAX_CIRCUITS, MAX_CIRCUITS_PER_NETWORK, MAX_CIRCUITS_PER_PAIR, MAX_CIRCUITS_PER_PEER, MAX_CONNECTIONS_PER_NETWORK, MAX_RELAY_CONNECTIONS,
  MAX_RESERVATIONS_PER_NETWORK
} from '../../src/config/relay-limits.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { stunPorts } from '../../src/nat/stun-server.ts'
import { blocksOf, configsIn, guide, literally, relayCommands, sectionOf } from '../support/nat-guide.ts'

const root = join(import.meta.dirname, '../..')
const PEER_ID = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
/** Letters that a text must have of its own, so that it does not match everything. */
const MIN_LETTERS = 6

/** Texts of the sources as patterns, with anything in place of what is put in. */
function sourceTexts(): RegExp[] {
  const found: RegExp[] = []
  const add = (parts: string[]): void => {
    if (parts.join('').replace(/[^A-Za-z]/g, '').length >= MIN_LETTERS) found.push(new RegExp(`^${parts.map(part => literally(part)).join('.+')}$`))
  }
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) add([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)])
    else if (ts.isStringLiteralLike(node)) add([node.text])
    ts.forEachChild(node, visit)
  }
  for (const file of globSync('src/**/*.ts', { cwd: root })) visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest))
  return found
}

/** The members of a union of words that a source file exports. */
function wordsOf(file: string, type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([^]*?)\\n\\n`).exec(readFileSync(join(root, file), 'utf8')) ?? []
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, word = '']) => word)
}

/** The words in the first column of the tables. */
function rowsOf(text: string): string[] {
  return [...text.matchAll(/^\| ((?:`[\w-]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
}

describe('TESTING_NAT.md', () => {
  const texts = sourceTexts()

  for (const args of relayCommands(guide)) {
    it(`has a command that is understood: libp2p-mesh ${args.slice(0, 3).join(' ')}`, () => {
      assert.equal(parseCommand(args, '/home/anna').kind, 'relay')
    })
  }

  it('has configurations that are accepted', () => {
    assert.equal(relayCommands(guide).length, 3)
    const configs = configsIn(guide, PEER_ID)
    assert.equal(configs.length, 3)
    for (const config of configs) assert.ok(resolveConfig(config, {}, { hostname: 'node' }).relayLimits.reservations > 0)
  })

  for (const line of new Set(blocksOf(guide, 'log').flat())) {
    it(`quotes a line that the code writes: ${line}`, () => {
      assert.ok(texts.some(text => text.test(line)))
    })
  }

  it('explains every reason for a path that is not direct, and none that is not there', () => {
    const reasons = wordsOf('src/nat/race-plan.ts', 'WhyNot')
    assert.ok(reasons.length > 10)
    assert.deepEqual(rowsOf(sectionOf('7. Check it')).sort(), reasons.sort())
  })

  it('explains every trouble with a relay, and none that is not there', () => {
    const troubles = wordsOf('src/nat/relay-reservation.ts', 'RelayTrouble')
    assert.ok(troubles.length > 3)
    assert.deepEqual(rowsOf(sectionOf('Trouble').split('**DNS.**')[0] ?? '').sort(), troubles.sort())
  })

  it('names the ports that a relay has, in every firewall', () => {
    const { tcp, udp } = stunPorts(4001)
    const [tcpPorts, udpPorts] = [[4001, ...tcp], udp].map(ports => `${Math.min(...ports)}-${Math.max(...ports)}`)
    const colons = (ports = ''): string => ports.replace('-', ':')
    for (const text of [
      `| on 4001, the default | ${tcpPorts} | ${udpPorts} |`, `TCP ${tcpPorts} and UDP ${udpPorts}`,
      `ufw allow ${colons(tcpPorts)}/tcp`, `ufw allow ${colons(udpPorts)}/udp`, `--add-port=${tcpPorts}/tcp --add-port=${udpPorts}/udp`
    ]) assert.ok(guide.includes(text), text)
  })

  it('states the limits of a relay', () => {
    const { reservations, perPeerBytes, perPeerSeconds, bytesPerSecond } = CONFIG_DEFAULTS.relayLimits
    const days = perPeerSeconds / 86_400
    const megabytes = bytesPerSecond / 1_000_000
    for (const row of [
      `| ${reservations}, ${MAX_RESERVATIONS_PER_NETWORK} |`,
      `| ${MAX_CIRCUITS}, ${MAX_CIRCUITS_PER_PEER}, ${MAX_CIRCUITS_PER_PAIR}, ${MAX_CIRCUITS_PER_NETWORK} |`,
      `| ${perPeerBytes / 2 ** 30 / days} GiB a day; then it is slowed down to the pace of the refill, ${Math.round(perPeerBytes / perPeerSeconds / 1000)} KB a second`,
      `| ${megabytes} MB a second (${8 * megabytes} Mbit/s) |`,
      `| ${MAX_RELAY_CONNECTIONS}, ${MAX_CONNECTIONS_PER_NETWORK} |`,
      `| ${STUN_ANSWERS_PER_MINUTE} a minute`
    ]) assert.ok(guide.includes(row), row)
  })
})
