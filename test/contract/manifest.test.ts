/** The manifest, the code and package.json say the same, so that the host knows the plugin without loading it. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { buildManifest, renewTables } from '../../.dev/generate-manifest.mjs'
import { ChannelSchema, ConfigSchema } from '../../src/config/schema.ts'
import { meshChannel } from '../../src/openclaw/channel.ts'
import { registerCommands, registerRuntime } from '../../src/openclaw/entry.ts'
import plugin from '../../src/index.ts'
import setupPlugin from '../../src/setup-entry.ts'

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const parse = (name: string): Record<string, unknown> => JSON.parse(read(name)) as Record<string, unknown>
const at = (value: unknown, ...path: string[]): unknown => path.reduce((found, key) => Reflect.get(found as object, key) as unknown, value)

/** Tools of the interface that this version has. */
const TOOLS = [
  'p2p_status', 'p2p_get_instance_identity', 'p2p_get_network_info', 'p2p_list_peers', 'p2p_add_peer', 'p2p_discover', 'p2p_list_instances', 'p2p_resolve_instance',
  'p2p_send_message', 'p2p_send_instance_message', 'p2p_broadcast', 'p2p_message_status', 'p2p_inbox',
  'p2p_call', 'p2p_answer', 'p2p_call_send', 'p2p_escalate', 'p2p_end_call'
]

const manifest = parse('openclaw.plugin.json')

function registered(registrationMode: OpenClawPluginApi['registrationMode']): { tools: Array<string | undefined>, methods: string[], hooks: string[] } {
  const tools: Array<string | undefined> = []
  const methods: string[] = []
  const hooks: string[] = []
  registerRuntime({
    registrationMode,
    registerTool: (_tool, options) => { tools.push(options?.name) },
    on: (hook) => { hooks.push(hook) },
    registerGatewayMethod: (name) => { methods.push(name) }
  })
  return { tools, methods, hooks }
}

describe('openclaw.plugin.json', () => {
  it('is what `.dev/generate-manifest.mjs` makes of the sources', () => {
    assert.deepEqual(manifest, buildManifest(), 'run: node .dev/generate-manifest.mjs')
  })

  it('lists the tools that are registered, in every mode that runs agents', () => {
    assert.deepEqual(registered('full').tools, TOOLS)
    assert.deepEqual(registered('tool-discovery').tools, TOOLS)
    assert.deepEqual(at(manifest, 'contracts', 'tools'), TOOLS)
  })

  it('lists the command that is registered', () => {
    let descriptors: unknown
    registerCommands({
      registerCli: (_registrar, options) => {
        descriptors = options?.descriptors?.map(({ name, description, hasSubcommands }) => ({ name, description, hasSubcommands }))
      }
    })
    assert.deepEqual(at(manifest, 'cliCommands'), descriptors)
  })

  it('holds the schemas that the start checks against', () => {
    assert.deepEqual(at(manifest, 'configSchema'), JSON.parse(JSON.stringify(ConfigSchema)))
    const { $schema: _draft, ...channel } = at(manifest, 'channelConfigs', 'libp2p-mesh', 'schema') as Record<string, unknown>
    assert.deepEqual(channel, JSON.parse(JSON.stringify(ChannelSchema)))
  })

  it('sets no default, because the host would pass it off as the owner\'s choice', () => {
    assert.doesNotMatch(JSON.stringify([ConfigSchema, ChannelSchema]), /"default":/)
  })

  it('has the version of package.json', () => {
    assert.equal(manifest['version'], parse('package.json')['version'])
  })
})

describe('package.json', () => {
  const openclaw = parse('package.json')['openclaw']

  it('names the channel as the code does', () => {
    assert.equal(at(openclaw, 'channel', 'id'), meshChannel.id)
    assert.equal(at(openclaw, 'channel', 'label'), meshChannel.meta.label)
    assert.deepEqual(at(openclaw, 'channel', 'setup', 'fields'), meshChannel.setupContract?.metadata.fields)
  })

  it('points at entries that exist as sources', () => {
    for (const entry of [...at(openclaw, 'extensions') as string[], at(openclaw, 'setupEntry') as string]) {
      const source = entry.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      assert.ok(existsSync(new URL(`../../${source}`, import.meta.url)), source)
    }
  })
})

describe('the entries', () => {
  it('hand the host the channel', () => {
    assert.equal(plugin.id, 'libp2p-mesh')
    assert.equal(plugin.channelPlugin, meshChannel)
    assert.equal(setupPlugin.plugin, meshChannel)
  })

  it('register gateway methods and hooks only where the gateway serves them', () => {
    const { methods, hooks } = registered('full')
    assert.ok(methods.length > 0)
    assert.deepEqual(hooks, ['message_received', 'before_dispatch'])
    assert.deepEqual([registered('tool-discovery').methods, registered('tool-discovery').hooks], [[], []])
  })
})

describe('README.md', () => {
  it('has the configuration tables of the schema', () => {
    if (!existsSync(new URL('../../README.md', import.meta.url))) return
    const readme = read('README.md')
    assert.equal(readme, renewTables(readme), 'run: node .dev/generate-manifest.mjs')
  })
})
