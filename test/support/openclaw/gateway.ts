/**
 * A real OpenClaw gateway with the plugin installed, for tests and the demo: alone with its own state, on this machine
 * or on a host of a LAN.
 *
 * @example
 * await using alice = await Gateway.start({ name: 'alice', template, folder: scratch.path, host: lan.host('alice') })
 * const { peerId } = await alice.tool('p2p_status')
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { LineLog, type WaitForOptions } from '../line-log.ts'
import type { NamespaceHost } from '../namespace-host.ts'
import { run, runOk, type RunResult } from '../run.ts'
import { until } from '../until.ts'
import { gatewayConfig } from './gateway-config.ts'
import { postJson, type HttpAddress } from './http.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import type { ModelServer } from './model-server.ts'
import { openclaw, openClawEnv, openClawHomeIn, type OpenClawHome } from './openclaw.ts'
import type { PluginTemplate } from './template.ts'

/** A gateway is up in 5 to 40 s, by machine and load; a CLI call takes 1 to 30 s. These only end what hangs. */
const START_TIMEOUT_MS = 240_000
const CLI_TIMEOUT_MS = 180_000
const TOOL_TIMEOUT_MS = 120_000
const STOP_GRACE_MS = 20_000

const START_FAILURE = /Gateway failed to start: .*|Config invalid.*|channel exited: .*/

/** OpenClaw's usual port; on a LAN every gateway has a loopback of its own. */
const LAN_PORT = 18789

export interface GatewayOptions {
  /** Folder name and, on a model server, the name of the caller. */
  name: string
  template: PluginTemplate
  /** Where the gateway's folder is made; the caller removes it. */
  folder: string
  /** The host to run on. @default this machine */
  host?: NamespaceHost
  model?: ModelServer
  /** `plugins.entries["libp2p-mesh"].config`. @default {} */
  plugin?: JsonObject
  /** `channels["libp2p-mesh"]`. @default not written */
  channel?: JsonObject
  /** Laid over the rest of the configuration. @default {} */
  config?: JsonObject
  /** Environment of the gateway and of commands beside it, on top of what all get. @default {} */
  env?: NodeJS.ProcessEnv
}

export interface CliOptions {
  /** @default 180000 */
  timeoutMs?: number
  /** Standard input. @default '' */
  input?: string
}

export class Gateway implements AsyncDisposable {
  readonly name: string
  /** Output of all runs of this gateway. */
  readonly log = new LineLog()
  readonly home: OpenClawHome
  /** The host that it runs on; `undefined`: this machine. */
  readonly host: NamespaceHost | undefined
  readonly #env: NodeJS.ProcessEnv
  readonly #token: string
  readonly #address: HttpAddress
  #child: Child | undefined

  private constructor(options: GatewayOptions, init: { home: OpenClawHome, token: string, address: HttpAddress }) {
    this.name = options.name
    this.home = init.home
    this.host = options.host
    this.#env = { ...openClawEnv(init.home), ...options.env }
    this.#token = init.token
    this.#address = init.address
  }

  /** Makes the state folder and the configuration of a gateway that does not run yet. */
  static async create(options: GatewayOptions): Promise<Gateway> {
    const folder = join(options.folder, options.name)
    const home = openClawHomeIn(folder)
    await mkdir(folder, { recursive: true })
    const port = options.host === undefined ? await freePort() : LAN_PORT
    const token = randomBytes(16).toString('hex')
    const [model] = await Promise.all([options.model?.connect(options.name, options.host), options.template.copyTo(home)])
    const config = gatewayConfig(options.template.config, {
      port, token, folder,
      plugin: options.plugin ?? {},
      over: options.config ?? {},
      ...(options.channel === undefined ? {} : { channel: options.channel }),
      ...(model === undefined ? {} : { model })
    })
    await writeFile(home.configPath, JSON.stringify(config, null, 2), { mode: 0o600 })
    const address = options.host === undefined ? { port } : { socketPath: await options.host.reach(port) }
    return new Gateway(options, { home, token, address })
  }

  /** As `create`, and starts it. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = await Gateway.create(options)
    await gateway.start()
    return gateway
  }

  get isRunning(): boolean {
    return this.#child?.isRunning ?? false
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error(`The gateway ${this.name} was not started`)
    return this.#child.pid
  }

  /** Starts the gateway; resolves when its plugin's node has started. */
  async start(): Promise<void> {
    const from = this.log.position
    const child = new Child(this.#command('gateway', 'run'), { env: this.#env, log: this.log })
    this.#child = child
    try {
      await this.#ready(child, from)
    } catch (error) {
      await this.kill()
      throw new Error(`The gateway ${this.name} did not start; its log ends with:\n${this.log.tail()}`, { cause: error })
    }
  }

  /** Ends the gateway as `systemctl stop` would. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#child?.stop(STOP_GRACE_MS)
  }

  /** Ends the gateway and its children by SIGKILL, in the middle of whatever they do. */
  async kill(): Promise<void> {
    await this.#child?.killAll()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Calls a tool as an agent would and returns the result's `details`. */
  async tool(name: string, args: JsonObject = {}, timeoutMs = TOOL_TIMEOUT_MS): Promise<JsonObject> {
    const headers = { authorization: `Bearer ${this.#token}` }
    const answer = await postJson(this.#address, { path: '/tools/invoke', headers, body: { tool: name, args }, timeoutMs })
    return detailsOf(answer.body)
  }

  /** Runs `openclaw ...args` beside the gateway. */
  async cli(args: string[], options: CliOptions = {}): Promise<RunResult> {
    return run(this.#command(...args), { env: this.#env, timeoutMs: CLI_TIMEOUT_MS, ...options })
  }

  /** Runs `openclaw ...args --json`, which must succeed; returns what it printed. */
  async cliJson(args: string[]): Promise<JsonObject> {
    const { stdout } = await runOk(this.#command(...args, '--json'), { env: this.#env, timeoutMs: CLI_TIMEOUT_MS })
    return JSON.parse(stdout) as JsonObject
  }

  /** Starts `openclaw ...args` beside the gateway, for commands that run until they are ended. */
  spawnCli(args: string[]): Child {
    return new Child(this.#command(...args), { env: this.#env })
  }

  /** Calls a gateway method: what a command of the plugin does, without loading the plugin in the calling process. */
  async rpc(method: string, params: JsonObject = {}): Promise<Json> {
    const { code, stdout, output } = await this.cli(['gateway', 'call', method, '--params', JSON.stringify(params), '--timeout', String(TOOL_TIMEOUT_MS), '--json'])
    if (code !== 0) throw new Error(`${method} failed: ${output.trim()}`)
    return JSON.parse(stdout) as Json
  }

  /** Does what `openclaw p2p <operation>` does, as the owner; returns the operation's details. */
  async owner(operation: string, params: JsonObject = {}): Promise<JsonObject> {
    return detailsOf({ result: await this.rpc(`libp2p-mesh.${operation}`, params) })
  }

  async waitForLog(pattern: RegExp, options: WaitForOptions): Promise<RegExpExecArray> {
    return this.log.waitFor(pattern, options)
  }

  #command(...args: string[]): { command: string, args: string[] } {
    const command = openclaw(...args)
    return this.host === undefined ? command : this.host.exec(command)
  }

  async #ready(child: Child, from: number): Promise<void> {
    const failed = this.#failure(child, from)
    await Promise.race([failed, this.log.waitFor(/\[gateway\] ready$/m, { timeoutMs: START_TIMEOUT_MS, from })])
    const started = until(async () => isStarted(await this.tool('p2p_status')), {
      what: `the node of ${this.name}`, timeoutMs: START_TIMEOUT_MS, intervalMs: 250
    })
    await Promise.race([failed, started])
  }

  /** Rejects when the start fails: OpenClaw then collects diagnostics for half a minute, or starts the channel again and again. */
  async #failure(child: Child, from: number): Promise<never> {
    const announced = this.log.waitFor(START_FAILURE, { timeoutMs: START_TIMEOUT_MS, from })
    const ended = child.exited.then(({ code, signal }) => [`it ended with ${signal ?? `exit code ${code ?? '?'}`}`])
    const [reason] = await Promise.race([announced, ended])
    throw new Error(reason)
  }
}

function isStarted(status: JsonObject): boolean {
  return status['ok'] !== false && status['started'] !== false
}

function detailsOf(body: Json): JsonObject {
  const result = isJsonObject(body) ? body['result'] : undefined
  const details = isJsonObject(result) ? result['details'] : undefined
  if (!isJsonObject(details)) throw new Error(`The tool gave no details: ${JSON.stringify(body)}`)
  return details
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
