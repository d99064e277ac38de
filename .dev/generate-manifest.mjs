// Writes openclaw.plugin.json and the README's configuration tables from the schema, the tools and the command's descriptor in src/.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CHANNEL_DEFAULTS, CONFIG_DEFAULTS } from '../src/config/defaults.ts'
import { ChannelSchema, ConfigSchema } from '../src/config/schema.ts'
import { CLI_DESCRIPTOR } from '../src/openclaw/entry.ts'
import { CHANNEL_ID, CHANNEL_LABEL, DESCRIPTION } from '../src/openclaw/names.ts'
import { TOOL_NAMES } from '../src/openclaw/tools.ts'

const root = join(import.meta.dirname, '..')
const START = '<!-- config:start -->'
const END = '<!-- config:end -->'

/** Defaults that depend on something, in words. */
const WORDS = {
  discovery: '`["mdns"]`, plus `bootstrap` and `dht` when `bootstrapList` is not empty',
  instanceName: 'host name'
}

/** The manifest, as an object. */
export function buildManifest() {
  return {
    id: CHANNEL_ID,
    name: CHANNEL_LABEL,
    description: DESCRIPTION,
    version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    categories: ['channels'],
    activation: { onStartup: true },
    channels: [CHANNEL_ID],
    contracts: { tools: [...TOOL_NAMES] },
    skills: ['./docs/skills'],
    cliCommands: [CLI_DESCRIPTOR],
    backupResources: [{ disposition: 'include', scope: 'state', relativePath: 'libp2p' }],
    configSchema: plain(ConfigSchema),
    channelConfigs: {
      [CHANNEL_ID]: {
        label: CHANNEL_LABEL,
        description: DESCRIPTION,
        schema: { $schema: 'http://json-schema.org/draft-07/schema#', ...plain(ChannelSchema) }
      }
    }
  }
}

/** The README with its tables renewed; unchanged where it has no place for them. */
export function renewTables(/** @type {string} */ readme) {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) return readme
  return `${readme.slice(0, start + START.length)}\n${configTables()}\n${readme.slice(end)}`
}

function configTables() {
  return [
    `| key of \`plugins.entries["${CHANNEL_ID}"].config\` | type | default | meaning |`,
    '|---|---|---|---|',
    ...rows(plain(ConfigSchema).properties, CONFIG_DEFAULTS),
    '',
    `| key of \`channels["${CHANNEL_ID}"]\` | type | default | meaning |`,
    '|---|---|---|---|',
    ...rows(plain(ChannelSchema).properties, CHANNEL_DEFAULTS)
  ].join('\n')
}

function rows(/** @type {Record<string, any>} */ properties, /** @type {Record<string, unknown>} */ defaults) {
  const words = /** @type {Record<string, string>} */ (WORDS)
  return Object.entries(properties).map(([key, schema]) =>
    `| \`${key}\` | ${typeOf(schema).replaceAll('|', '\\|')} | ${words[key] ?? shown(defaults[key])} | ${schema.description} |`)
}

function shown(/** @type {unknown} */ value) {
  return value === undefined ? '-' : `\`${JSON.stringify(value)}\``
}

/** @returns {string} */
function typeOf(/** @type {any} */ schema) {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.enum) return schema.enum.map((/** @type {string} */ value) => `\`"${value}"\``).join(' | ')
  if (schema.type === 'array') return schema.items.enum ? 'array of them' : `${typeOf(schema.items)}[]`
  if (schema.type === 'object') return `\`{ ${Object.keys(schema.properties).join(', ')} }\``
  return schema.type
}

/** Without what the schema library adds for itself. @returns {any} */
function plain(/** @type {object} */ schema) {
  return JSON.parse(JSON.stringify(schema))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(root, 'openclaw.plugin.json'), `${JSON.stringify(buildManifest(), null, 2)}\n`)
  const readme = join(root, 'README.md')
  if (existsSync(readme)) writeFileSync(readme, renewTables(readFileSync(readme, 'utf8')))
}
