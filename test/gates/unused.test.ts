/** fixtures/unused has one of each: unused file, export, type and dependency, an unlisted one, and what only tests use. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fixtures, root, runTool } from './tool.ts'

type Findings = Record<'files' | 'dependencies' | 'unlisted' | 'exports' | 'types', Array<{ name: string }>>

function knip(...args: string[]): Record<keyof Findings, string[]> {
  const { output } = runTool('knip', ['--config', join(root, '.knip.json'), '--reporter', 'json', ...args], join(fixtures, 'unused'))
  const { issues } = JSON.parse(output) as { issues: Findings[] }
  const names = (kind: keyof Findings): string[] => issues.flatMap(issue => issue[kind].map(({ name }) => name)).sort()
  return { files: names('files'), dependencies: names('dependencies'), unlisted: names('unlisted'), exports: names('exports'), types: names('types') }
}

describe('knip', () => {
  it('reports what nothing uses', () => {
    assert.deepEqual(knip(), {
      files: ['src/unused-file.ts'],
      dependencies: ['it-length-prefixed'],
      unlisted: ['publint'],
      exports: ['unusedExport'],
      types: ['UnusedType']
    })
  })

  it('reports what only tests use', () => {
    const { files, dependencies } = knip('--production')
    assert.deepEqual(files, ['src/test-only.ts', 'src/unused-file.ts'])
    assert.deepEqual(dependencies, ['it-length-prefixed', 'main-event'])
  })
})
