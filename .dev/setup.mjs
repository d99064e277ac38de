// Makes node_modules match package-lock.json and brings the Node that this project develops with; cheap when nothing is to do.
// Runs on Node 20 too: it is the first thing that `npm test` and `npm run demo` start.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

const modules = 'node_modules'
const node = `${modules}/node/bin/node`

/**
 * @param {string} path
 * @returns {any}
 */
const readJson = path => JSON.parse(readFileSync(path, 'utf8'))

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function npm(args, env = process.env) {
  execFileSync('npm', [...args, '--loglevel=error'], { stdio: 'inherit', env })
}

/** Whether npm's own record of what it installed holds what the lock file asks for; other platforms' packages may be absent. */
function isInstalled() {
  const record = `${modules}/.package-lock.json`
  if (!existsSync(record)) return false
  const installed = readJson(record).packages
  return Object.entries(readJson('package-lock.json').packages).every(([path, wanted]) =>
    path === '' || (installed[path]?.integrity ?? (wanted.optional ? wanted.integrity : undefined)) === wanted.integrity)
}

/** The version of the project's own Node, or an empty string while its binary has not been fetched. */
function nodeVersion() {
  return existsSync(node) ? execFileSync(node, ['--version'], { encoding: 'utf8' }).trim() : ''
}

const isFresh = !isInstalled()
if (isFresh) {
  console.log('setup: installing dependencies (npm ci, about a minute)')
  npm(['ci'])
}
const wanted = `v${readJson(`${modules}/node/package.json`).version}`
if (nodeVersion() !== wanted) {
  console.log(`setup: fetching Node ${wanted} from the npm registry`)
  npm(['rebuild', 'node', '--ignore-scripts=false'])
}
if (nodeVersion() !== wanted) {
  throw new Error(`${node} should be ${wanted} and is ${nodeVersion() || 'missing'}: delete ${modules} and run this again`)
}
if (isFresh && process.version !== wanted) {
  // npm leaves out what is optional and needs a newer Node than its own: OpenClaw's native file operations are among it
  npm(['install', '--no-save', '--prefer-offline'], { ...process.env, PATH: `${resolve(modules, '.bin')}${delimiter}${process.env['PATH'] ?? ''}` })
}
