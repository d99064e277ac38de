/** Each file of fixtures/imports names the import rules it breaks, and dependency-cruiser reports those; on src it sees every file. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { expectedOf, fixtures, root, runTool } from './tool.ts'

interface Cruise {
  modules: Array<{ source: string }>
  summary: { totalCruised: number, violations: Array<{ from: string, rule: { name: string } }> }
}

function cruise(cwd: string): Cruise {
  const { output } = runTool('depcruise', ['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'src'], cwd)
  return JSON.parse(output) as Cruise
}

describe('dependency-cruiser', () => {
  const cwd = join(fixtures, 'imports')
  const { summary } = cruise(cwd)

  for (const file of globSync('src/**/*.ts', { cwd })) {
    const expected = expectedOf(join(cwd, file))
    it(`reports ${expected.join(', ') || 'nothing'} in ${file}`, () => {
      assert.deepEqual(summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name).sort(), expected)
    })
  }

  it('sees every file of src', () => {
    const { modules, summary: { totalCruised } } = cruise(root)
    const seen = new Set(modules.map(({ source }) => source))
    assert.ok(totalCruised > 0)
    assert.deepEqual(globSync('src/**/*.ts', { cwd: root }).filter(file => !seen.has(file)), [])
  })
})
