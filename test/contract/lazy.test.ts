/** The host loads the entries in discovery, setup and command runs too: nothing that they import at once may bring libp2p along. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const src = new URL('../../src/', import.meta.url)
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm
const HEAVY = /^(?:@?libp2p|@libp2p\/|@multiformats\/|datastore|interface-datastore|it-|protons|uint8array)|\/mesh\.ts$|\/(?:node|protocols|mailbox|trust)\//

/** What a file imports at once, files and packages, with the way there. */
function reachable(entry: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const queue: Array<[URL, string[]]> = [[new URL(entry, src), [entry]]]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [file, way] = next
    assert.ok(existsSync(file), fileURLToPath(file))
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      const target = specifier.startsWith('.') ? new URL(specifier, file) : undefined
      const name = target?.pathname ?? specifier
      if (found.has(name)) continue
      found.set(name, [...way, specifier])
      if (target !== undefined) queue.push([target, [...way, specifier]])
    }
  }
  return found
}

describe('what is loaded at once', () => {
  for (const entry of ['index.ts', 'setup-entry.ts', 'openclaw/cli.ts']) {
    it(`by ${entry} holds no part of the node`, () => {
      const heavy = [...reachable(entry)].filter(([name]) => HEAVY.test(name)).map(([, way]) => way.join(' -> '))
      assert.deepEqual(heavy, [])
    })
  }

  it('is found with the node in it where it is in it', () => {
    assert.ok([...reachable('openclaw/start.ts').keys()].some(name => name.startsWith('@libp2p/')))
  })
})
