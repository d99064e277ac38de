// The published form: OpenClaw copies a plugin with all its files at every start and command, so there are few of them.
import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'
import { declarations } from './.dev/declarations.mjs'
import { modulePaths } from './.dev/module-paths.mjs'
import { thirdPartyLicenses } from './.dev/third-party-licenses.mjs'

/** @type {Record<'dependencies' | 'peerDependencies', Record<string, string>>} */
const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** The host, and native packages: npm brings the build for the user's system. */
const outside = Object.keys({ ...dependencies, ...peerDependencies })

export default defineConfig({
  input: { index: 'src/index.ts', 'setup-entry': 'src/setup-entry.ts', bin: 'src/bin.ts', 'hash-worker': 'src/files/hash-worker.ts' },
  platform: 'node',
  external: id => outside.some(name => id === name || id.startsWith(`${name}/`)),
  // ws would look for native packages that are not there.
  transform: { define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' } },
  plugins: [modulePaths(), thirdPartyLicenses(), declarations()],
  onLog(level, log) {
    if (level === 'warn') throw new Error(log.message)
  },
  output: {
    dir: 'dist',
    cleanDir: true,
    keepNames: true,
    comments: { legal: true, jsdoc: false, annotation: false },
    chunkFileNames: ({ name, facadeModuleId }) => `${name === 'src' ? packageName(facadeModuleId) : name}.js`
  }
})

/** The package that a lazily loaded part is named after, instead of the folder `src` that its entry is in; others are shared. */
function packageName(/** @type {string | null | undefined} */ moduleId) {
  return /.*\/node_modules\/(?:@[^/]+\/)?([^/]+)\//.exec(moduleId ?? '')?.[1] ?? 'shared'
}
