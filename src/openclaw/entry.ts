/** What the plugin registers with the host, without starting anything. */
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { registerGatewayMethods } from './gateway-methods.ts'
import { registerHooks } from './hooks.ts'
import { CLI_DESCRIPTION, CLI_ROOT } from './names.ts'
import { runtimeStore } from './runtime.ts'
import { registerTools } from './tools.ts'

/** The row that the manifest repeats, so that the host knows the command without loading the plugin. */
export const CLI_DESCRIPTOR = { name: CLI_ROOT, description: CLI_DESCRIPTION, hasSubcommands: true }

/** `openclaw p2p`: the commands are loaded when one is used. */
export function registerCommands(api: Pick<OpenClawPluginApi, 'registerCli'>): void {
  api.registerCli(async ({ program }) => {
    const { addCommands } = await import('./cli.ts')
    addCommands(program)
  }, { descriptors: [{ ...CLI_DESCRIPTOR, machineOutput: ({ argv }) => argv.includes('--json') }] })
}

/** Tools in every mode that runs agents; methods and hooks only where the gateway serves them. */
export function registerRuntime(api: Pick<OpenClawPluginApi, 'registerTool' | 'registerGatewayMethod' | 'on' | 'registrationMode'>): void {
  registerTools(api)
  if (api.registrationMode !== 'full') return
  registerGatewayMethods(api)
  registerHooks(api, { runtime: runtimeStore.getRuntime })
}
