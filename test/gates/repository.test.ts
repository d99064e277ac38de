/** What holds for the repository as a whole: every test is run by a script, and no file names the machine it was written on. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { root, run } from './tool.ts'

/** Lines with an absolute path into this checkout, the folder around it or the user's home. */
function machinePaths(text: string): string[] {
  const folders = [root, dirname(root), homedir()].filter(folder => folder !== '/' && folder !== tmpdir())
  const path = new RegExp(`(?<![\\w.~-])(${folders.map(folder => folder.replace(/[^\w/]/g, '\\$&')).join('|')})/`)
  return text.split('\n').filter(line => path.test(line))
}

type Scripts = Record<string, string>

/** The test files of each script that `npm test` calls; the test runner itself is content with a pattern that matches nothing. */
function suites(scripts: Scripts): Map<string, string[]> {
  const calls = `${scripts['test'] ?? ''} ${scripts['gates'] ?? ''}`
  const called = Object.entries(scripts).filter(([name, line]) => line.includes(' --test ') && calls.includes(`npm run ${name}`))
  return new Map(called.map(([name, line]) => [name, globSync([...line.matchAll(/'(.+?)'/g)].map(([, pattern = '']) => pattern), { cwd: root })]))
}

function emptySuites(scripts: Scripts): string[] {
  return [...suites(scripts)].filter(([, files]) => files.length === 0).map(([name]) => name)
}

/** The files of a list that no suite of `npm test` runs. */
function strayTests(files: string[], scripts: Scripts): string[] {
  const known = new Set([...suites(scripts).values()].flat())
  return files.filter(file => !known.has(file))
}

describe('repository', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Scripts }

  it('runs every test file', () => {
    const files = globSync('test/**/*.test.ts', { cwd: root }).filter(file => !file.startsWith('test/gates/fixtures/'))
    assert.ok(files.length > 0)
    assert.deepEqual(strayTests(files, scripts), [])
  })

  it('reports a test file that no script runs', () => {
    assert.deepEqual(strayTests(['test/gates/lint.test.ts', 'test/gates/fixtures/lint/test/only.test.ts'], scripts), ['test/gates/fixtures/lint/test/only.test.ts'])
  })

  it('has tests in every suite', () => {
    assert.deepEqual(emptySuites(scripts), [])
  })

  it('reports a suite without tests', () => {
    const planted = { test: 'npm run test:gone && npm run test:gates', 'test:gone': "node --test 'test/gone/*.ts'", 'test:gates': scripts['test:gates'] ?? '' }
    assert.deepEqual(emptySuites(planted), ['test:gone'])
  })

  it('names no path of this machine', () => {
    const { code, output } = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root)
    assert.equal(code, 0)
    const files = output.split('\0').filter(file => statSync(join(root, file), { throwIfNoEntry: false })?.isFile())
    assert.deepEqual(files.filter(file => machinePaths(readFileSync(join(root, file), 'utf8')).length > 0), [])
  })

  it('reports a path of this machine', () => {
    const planted = `at ${join(root, 'src/index.ts')}:1`
    assert.deepEqual(machinePaths(`relative${root}/\n${planted}\n`), [planted])
  })
})
