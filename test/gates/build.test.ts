/** The build refuses what would break in the bundle, and what must not be passed on. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { rolldown } from 'rolldown'
import { declarationsOf } from '../../.dev/declarations.mjs'
import { modulePaths } from '../../.dev/module-paths.mjs'
import { thirdPartyLicenses } from '../../.dev/third-party-licenses.mjs'
import config from '../../.rolldown.config.mjs'
import { testFolder } from '../support/test-folder.ts'

const MIT = { license: 'MIT' }
const LICENSE = 'Copyright (c) somebody, who permits everything.'

/** Writes files by path; returns their folder. */
function plant(t: TestContext, files: Record<string, string>): string {
  const folder = testFolder(t)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Builds a program that imports the package `planted` the way the plugin is built; returns the texts of all files. */
async function buildWith(t: TestContext, manifest: object, files: Record<string, string>): Promise<Record<string, string>> {
  const planted = { 'package.json': JSON.stringify({ name: 'planted', version: '1.2.3', main: 'index.js', ...manifest }), 'index.js': 'export default 1', ...files }
  const cwd = plant(t, {
    'entry.js': "import planted from 'planted'\nconsole.log(planted)",
    ...Object.fromEntries(Object.entries(planted).map(([path, text]) => [`node_modules/planted/${path}`, text]))
  })
  const { output: _output, ...input } = config
  await using build = await rolldown({ ...input, cwd, input: 'entry.js', plugins: [modulePaths(), thirdPartyLicenses()] })
  const { output } = await build.generate()
  return Object.fromEntries(output.map(file => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]))
}

describe('the build', () => {
  it('writes name, version and licence text of a package that it takes in', async (t) => {
    const files = await buildWith(t, MIT, { LICENSE })
    assert.match(files['THIRD-PARTY-LICENSES.txt'] ?? '', /^planted 1\.2\.3 \(MIT\)$[^]*^Copyright \(c\) somebody, who permits everything\.$/m)
  })

  it('passes on a package without a text under Apache-2.0 where it may, with that text', async (t) => {
    const files = await buildWith(t, { license: 'Apache-2.0 OR MIT' }, {})
    assert.match(files['THIRD-PARTY-LICENSES.txt'] ?? '', /^planted 1\.2\.3\n\nApache License$/m)
  })

  it('refuses a package without a licence text', async (t) => {
    await assert.rejects(buildWith(t, MIT, {}), /planted 1\.2\.3: ships no licence text/)
  })

  it('refuses an unexpected licence, and none', async (t) => {
    await assert.rejects(buildWith(t, { license: 'GPL-3.0-only' }, { LICENSE }), /planted 1\.2\.3: its licence is GPL-3\.0-only/)
    await assert.rejects(buildWith(t, {}, { LICENSE }), /planted 1\.2\.3: its licence is not said/)
  })

  it('refuses a package that looks for files beside itself', async (t) => {
    for (const code of ['export default __dirname', 'export default import.meta.url', 'export default __filename']) {
      await assert.rejects(buildWith(t, MIT, { LICENSE, 'index.js': code }), /planted\/index\.js looks for files beside itself/)
    }
  })

  it('takes in the package.json that a package reads', async (t) => {
    const code = "import { createRequire } from 'node:module';\nconst req = createRequire(import.meta.url);\nexport default req('./package.json').version;"
    const files = await buildWith(t, { ...MIT, type: 'module' }, { LICENSE, 'index.js': code })
    assert.match(files['entry.js'] ?? '', /1\.2\.3/)
    assert.doesNotMatch(files['entry.js'] ?? '', /createRequire/)
  })

  it('refuses an import that leads nowhere', async (t) => {
    await assert.rejects(buildWith(t, MIT, { LICENSE, 'index.js': "import gone from 'gone'\nexport default gone" }), /Could not resolve 'gone'/)
  })

  it('refuses an export whose type would have to be inferred', (t) => {
    const folder = plant(t, { 'entry.ts': "export { planted } from './planted.ts'", 'planted.ts': 'declare const make: () => object\nexport const planted = make()' })
    assert.throws(() => declarationsOf([join(folder, 'entry.ts')]), /planted\.ts\(2,14\): error TS9010/)
  })
})
