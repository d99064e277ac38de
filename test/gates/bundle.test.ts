/** What `dist/` holds: the build of these sources, loading libp2p only when asked, importing what package.json lists, with every licence. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { testFolder } from '../support/test-folder.ts'
import { root, run, runTool } from './tool.ts'

interface Manifest {
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

const dist = join(root, 'dist')
const chunks = globSync('*.js', { cwd: dist })
const textOf = (file: string): string => readFileSync(join(dist, file), 'utf8')

/** The comment that the bundler puts before each module. */
const MODULE = /^\/\/ (?:.*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/.*$/gm
const IMPORT = /^(?:import|export)\b[^'"\n]*?"([^"]+)"|\b(?:import|__require)\("([^"]+)"\)/gm
const NODE = /^(?:libp2p|@libp2p\/.+|@multiformats\/.+|datastore-.+|it-.+|protons-runtime)$/

/** The packages that code has modules of. */
function packagesIn(code: string): string[] {
  return [...new Set([...code.matchAll(MODULE)].map(([, name = '']) => name))].sort()
}

/** The packages that code imports, beside what belongs to Node.js. */
function importedBy(code: string): string[] {
  const specifiers = [...code.matchAll(IMPORT)].map(([, declared, called]) => declared ?? called ?? '')
  const outside = specifiers.filter(name => !name.startsWith('.') && !isBuiltin(name))
  return [...new Set(outside.map(name => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name))].sort()
}

/** The files of `dist/` that are loaded by importing one of them. */
function loadedBy(entry: string): string[] {
  const folder = `${pathToFileURL(dist).href}/`
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    await import('./dist/${entry}')
    console.log(JSON.stringify(loaded.filter(url => url.startsWith('${folder}'))))`
  const { code, output } = run(process.execPath, ['--input-type=module', '--eval', program], root)
  assert.equal(code, 0)
  return (JSON.parse(output) as string[]).map(url => url.slice(folder.length))
}

const nodeParts = (entry: string): string[] => loadedBy(entry).flatMap(chunk => packagesIn(textOf(chunk))).filter(name => NODE.test(name))

describe('dist', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const imported = importedBy(chunks.map(textOf).join('\n'))

  it('is what a build makes of these sources, to the byte', (t) => {
    const fresh = testFolder(t)
    const { code } = runTool('rolldown', ['--config', '.rolldown.config.mjs', '--dir', fresh], root)
    assert.equal(code, 0)
    const files = globSync('**/*.*', { cwd: fresh }).sort()
    assert.deepEqual(globSync('**/*.*', { cwd: dist }).sort(), files)
    assert.deepEqual(files.filter(file => readFileSync(join(fresh, file), 'utf8') !== textOf(file)), [], 'run: npm run build')
  })

  for (const entry of ['index.js', 'setup-entry.js', 'cli.js']) {
    it(`loads no part of the node for ${entry}`, () => {
      assert.deepEqual(nodeParts(entry), [])
    })
  }

  it('loads the node for start.js, but not what only some configurations need', () => {
    const parts = nodeParts('start.js')
    assert.ok(parts.includes('libp2p'))
    assert.deepEqual(parts.filter(name => /kad-dht|upnp|websockets/.test(name)), [])
  })

  it('imports only the host and the dependencies that npm installs', () => {
    const listed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    assert.ok(imported.includes('openclaw'))
    assert.deepEqual(imported.filter(name => !listed.includes(name)), [])
  })

  it('imports the dependencies that knip is told to ignore, since no source names them', () => {
    const { ignoreDependencies } = JSON.parse(readFileSync(join(root, '.knip.json'), 'utf8')) as { ignoreDependencies: string[] }
    assert.deepEqual(ignoreDependencies.map(name => name.replace(/!$/, '')).filter(name => !imported.includes(name)), [])
  })

  it('comes with the licence of every package in it', () => {
    const names = packagesIn(chunks.map(textOf).join('\n'))
    const licences = textOf('THIRD-PARTY-LICENSES.txt')
    assert.ok(names.length > 0)
    assert.deepEqual(names.filter(name => !licences.includes(`\n${name} `)), [])
    assert.match(licences, /Apache License\n +Version 2\.0, January 2004/)
  })
})

describe('what the checks of dist find', () => {
  it('is every import', () => {
    const code = 'import "a";\nimport { b } from "b/deep";\nexport { c } from "@c/c";\nawait import("d");\n__require("e");\nimport "node:fs";\nimport "fs";\nimport "./f.js";'
    assert.deepEqual(importedBy(code), ['@c/c', 'a', 'b', 'd', 'e'])
  })
})
