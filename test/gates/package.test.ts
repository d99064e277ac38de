/** What `npm pack` would ship is exactly the plugin, and the tools that check its shape report a badly shaped package. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fixtures, root, run, runTool } from './tool.ts'

const wanted = /^(dist\/.+\.(js|d\.ts)|dist\/THIRD-PARTY-LICENSES\.txt|docs\/.+\.md|openclaw\.plugin\.json|package\.json|README\.md|TESTING_NAT\.md|LICENSE)$/
const needed = ['LICENSE', 'README.md', 'dist/THIRD-PARTY-LICENSES.txt', 'dist/bin.js', 'dist/index.d.ts', 'dist/index.js', 'dist/setup-entry.js', 'openclaw.plugin.json', 'package.json']

function packedFiles(cwd: string): string[] {
  const [{ files }] = JSON.parse(run('npm', ['pack', '--dry-run', '--json'], cwd).output) as [{ files: Array<{ path: string }> }]
  return files.map(({ path }) => path)
}

describe('package', () => {
  const faulty = join(fixtures, 'package')

  it('ships the built plugin and its papers, no sources, tests or tools', () => {
    const files = packedFiles(root)
    assert.deepEqual(files.filter(file => !wanted.test(file)), [])
    assert.deepEqual(needed.filter(file => !files.includes(file)), [])
  })

  it('reports a shipped source file', () => {
    assert.deepEqual(packedFiles(faulty).filter(file => !wanted.test(file)), ['src/index.ts'])
  })

  it('reports exports in the wrong order', () => {
    const { code, output } = runTool('publint', ['--strict'], faulty)
    assert.equal(code, 1)
    assert.match(output, /types should be the first/)
  })

  it('reports an export without types', () => {
    const { code, output } = runTool('attw', ['--pack', '.', '--profile', 'esm-only'], faulty)
    assert.equal(code, 1)
    assert.match(output, /no type declarations were found/)
  })
})
