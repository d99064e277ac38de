// Writes THIRD-PARTY-LICENSES.txt beside the bundle: name, version and licence text of every package in it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {{ name: string, version: string, license: string, texts: string[] }} BundledPackage
 */

const FILE_NAME = 'THIRD-PARTY-LICENSES.txt'

/** Licences that let the bundle be passed on with their text and nothing more. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'Apache-2.0 OR MIT', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'])

/** The text of Apache-2.0 is the same for everybody, so a package that ships none is passed on under it where it may be. */
const APACHE = 'Apache-2.0'

/** Texts of packages that ship none, one file a package, and the text of Apache-2.0. */
const KEPT_TEXTS = join(import.meta.dirname, 'licenses')

const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i
const RULE = `\n\n${'-'.repeat(80)}\n\n`

/** The plugin for the bundler. @returns {import('rolldown').Plugin} */
export function thirdPartyLicenses() {
  return {
    name: 'third-party-licenses',
    generateBundle() {
      // Every module that was read: of one that is a constant only, the chunks name no trace.
      this.emitFile({ type: 'asset', fileName: FILE_NAME, source: licenseFile(packagesOf([...this.getModuleIds()])) })
    }
  }
}

/**
 * The packages that modules belong to, by name and version.
 *
 * @param {string[]} modules
 * @returns {BundledPackage[]}
 */
function packagesOf(modules) {
  const folders = new Set(modules.filter(id => id.includes('/node_modules/')).map(id => packageFolder(dirname(id))))
  const packages = new Map([...folders].map(readPackage).map(found => [`${found.name}@${found.version}`, found]))
  return [...packages.keys()].sort().flatMap(key => packages.get(key) ?? [])
}

/**
 * The whole file; throws, naming every package that must not be passed on like this.
 *
 * @param {BundledPackage[]} packages
 */
function licenseFile(packages) {
  const faults = packages.flatMap(faultsOf)
  if (faults.length > 0) throw new Error(`The bundle cannot be passed on:\n${faults.join('\n')}`)
  const list = packages.map(({ name, version, license }) => `${name} ${version} (${license})`)
  const own = Map.groupBy(packages.filter(({ texts }) => texts.length > 0), ({ texts }) => texts.join('\n\n'))
  const sections = [...own].map(([text, users]) => `${namesOf(users)}\n\n${text}`)
  const apache = packages.filter(isApache)
  if (apache.length > 0) sections.push(`${namesOf(apache)}\n\n${keptText(APACHE)}`)
  return `${['This package contains the following packages, each under its own licence.', `${list.join('\n')}`, ...sections].join(RULE)}\n`
}

/** @param {BundledPackage} bundled */
function faultsOf(bundled) {
  const { name, version, license, texts } = bundled
  if (!ALLOWED.has(license)) return [`${name} ${version}: its licence is ${license || 'not said'}; may it be passed on? Then allow it in ${import.meta.filename}`]
  if (texts.length === 0 && !isApache(bundled)) return [`${name} ${version}: ships no licence text; put it into ${join(KEPT_TEXTS, `${name}.txt`)}`]
  return []
}

/** @param {BundledPackage} bundled */
function isApache({ license }) {
  return license.split(' OR ').includes(APACHE)
}

/** @param {BundledPackage[]} packages */
function namesOf(packages) {
  return packages.map(({ name, version }) => `${name} ${version}`).join(', ')
}

/**
 * The next folder above with a package.json that has a name: others only set a module type.
 *
 * @param {string} folder
 * @returns {string}
 */
function packageFolder(folder) {
  const isPackage = existsSync(join(folder, 'package.json')) && manifestOf(folder).name !== undefined
  return isPackage ? folder : packageFolder(dirname(folder))
}

/** @param {string} folder @returns {BundledPackage} */
function readPackage(folder) {
  const { name = '', version = '', license = '' } = manifestOf(folder)
  const shipped = readdirSync(folder).filter(file => LICENSE_FILE.test(file)).sort().map(file => readFileSync(join(folder, file), 'utf8').trim())
  const kept = existsSync(join(KEPT_TEXTS, `${name}.txt`)) ? [keptText(name)] : []
  return { name, version, license, texts: shipped.length > 0 ? shipped : kept }
}

/** @param {string} folder @returns {{ name?: string, version?: string, license?: string }} */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** @param {string} name */
function keptText(name) {
  return readFileSync(join(KEPT_TEXTS, `${name}.txt`), 'utf8').trim()
}
