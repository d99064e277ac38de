/** What is written for people and models names what is there: tools, commands, failure codes, files. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { addCommands } from '../../src/openclaw/cli.ts'
import { FINDING_CODES } from '../../src/openclaw/diagnosis/finding.ts'
import { TOOL_NAMES } from '../../src/openclaw/tools.ts'

const root = join(import.meta.dirname, '../..')
const README = 'README.md'
const CHINESE = 'docs/README.zh-CN.md'
const NAT_GUIDE = 'TESTING_NAT.md'
const SKILL = 'docs/skills/libp2p-mesh/SKILL.md'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const found = (text: string, pattern: RegExp): Set<string> => new Set([...text.matchAll(pattern)].map(([, name = '']) => name))
const missing = (wanted: Iterable<string>, among: ReadonlySet<string>): string[] => [...wanted].filter(name => !among.has(name))
const toolsIn = (text: string): Set<string> => found(text, /\b(p2p_\w+)/g)
/** `p2p_*` stands for all of them. */
const isTool = (name: string): boolean => name !== 'p2p_'

/** Names of the commands, as the program has them. */
function commands(): Set<string> {
  const names = new Set<string>()
  const program: unknown = new Proxy({}, {
    get: (_target, property) => (usage: unknown) => {
      if (property === 'command') names.add(String(usage).split(' ', 1)[0] ?? '')
      return program
    }
  })
  addCommands(program as Parameters<typeof addCommands>[0])
  names.delete('p2p')
  return names
}

/** Codes of the failures that the sources make. */
function thrownCodes(): Set<string> {
  const sources = globSync('src/**/*.ts', { cwd: root }).map(read).join('\n')
  return found(sources, /(?:MeshError\(|code: )'([A-Z][A-Z_]+)'/g)
}

/** Codes in the first column of a table. */
const codesIn = (text: string): Set<string> => new Set([...text.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', ')))

describe('the skill', () => {
  const text = read(SKILL)
  const [, head = ''] = /^---\n([^]*?)\n---\n/.exec(text) ?? []
  const field = (name: string): string => new RegExp(`^${name}: (.+)$`, 'm').exec(head)?.[1] ?? ''

  it('is named as its folder, and described in a line that the host shows whole', () => {
    assert.equal(field('name'), basename(dirname(SKILL)))
    assert.ok(field('description').length > 0 && field('description').length < 160)
  })

  it('is where the manifest says', () => {
    const { skills } = JSON.parse(read('openclaw.plugin.json')) as { skills: string[] }
    assert.deepEqual(skills.map(path => join(path)), [dirname(dirname(SKILL))])
  })

  it('names every tool, and none that is not there', () => {
    assert.deepEqual(missing([...toolsIn(text)].filter(isTool), new Set(TOOL_NAMES)), [])
    assert.deepEqual(missing(TOOL_NAMES, toolsIn(text)), [])
  })

  it('says what to do about every code that the sources throw', () => {
    assert.ok(thrownCodes().size > 10)
    assert.deepEqual(missing(thrownCodes(), codesIn(text)), [])
  })
})

describe('the README', () => {
  const text = read(README)

  it('has every tool in its table', () => {
    assert.deepEqual(missing(TOOL_NAMES, found(text, /^\| `(p2p_\w+)` \|/gm)), [])
  })

  it('has every command in its table', () => {
    assert.ok(commands().size > 10)
    assert.deepEqual(missing(commands(), found(text, /^\| `openclaw p2p (\w+)/gm)), [])
  })

  it('explains every finding of a diagnosis', () => {
    const explained = new Set([...text.matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', ')))
    assert.deepEqual(missing(FINDING_CODES, explained), [])
  })

  it('explains every code that the sources throw, but those that explain themselves', () => {
    const plain = new Set(['INVALID_ARGUMENT', 'INTERNAL', 'DISK_FULL', 'NOT_FOUND'])
    assert.deepEqual(missing(thrownCodes(), codesIn(text)).filter(code => !plain.has(code)), [])
  })
})

describe('README, skill, NAT guide and the Chinese README', () => {
  for (const path of [README, CHINESE, SKILL, NAT_GUIDE]) {
    const text = read(path)

    it(`${path} names only tools and commands that are there`, () => {
      assert.deepEqual(missing([...toolsIn(text)].filter(isTool), new Set(TOOL_NAMES)), [])
      assert.deepEqual(missing(found(text, /openclaw (?:--profile \w+ )?p2p (\w+)/g), commands()), [])
    })

    it(`${path} links only to files that are in the package`, () => {
      const links = [...found(text, /\]\((?!https?:|#)([^)]+)\)/g)].map(link => join(dirname(path), link))
      const { files } = JSON.parse(read('package.json')) as { files: string[] }
      for (const link of links) {
        assert.ok(existsSync(join(root, link)), link)
        assert.ok(link === README || files.some(file => link === file || link.startsWith(`${file}/`)), link)
      }
    })
  }

  it('tell the same way from Feishu to Feishu', () => {
    const lines = (path: string): string[] => read(path).split('\n').filter(line => line.startsWith('openclaw ') || line.includes('"inboundChannel"'))
      .map(line => line.replace(/ {2,}#.*$/, '').replace(/ "[^"]*"$/, ' "..."'))
    assert.deepEqual(lines(CHINESE), lines(README))
  })
})
