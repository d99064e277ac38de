/** An OpenClaw state folder with plugins installed by `openclaw plugins install`: made once, copied for each gateway. */

import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../run.ts'
import { openclaw, openClawEnv, openClawHomeIn, type OpenClawHome } from './openclaw.ts'
import { isJsonObject, type JsonObject } from './json.ts'

const INSTALL_TIMEOUT_MS = 300_000

/** A plugin to install. */
export interface PluginSource {
  /** As `openclaw plugins install` takes it: the path of an archive, or `npm:name@version`. */
  spec: string
  /** Of a package from the registry: what npm must have installed. */
  integrity?: string
}

export class PluginTemplate {
  /** What the installation wrote into the configuration. */
  readonly config: JsonObject
  readonly #home: OpenClawHome

  private constructor(home: OpenClawHome, config: JsonObject) {
    this.#home = home
    this.config = config
  }

  /** Makes a new state folder under `folder` and installs `plugins` in it. */
  static async install(plugins: PluginSource[], folder: string): Promise<PluginTemplate> {
    const home = openClawHomeIn(folder)
    await mkdir(home.home, { recursive: true })
    await writeFile(home.configPath, '{}')
    // npm's own cache has the plugin's dependencies: they were installed for this checkout.
    const env = { ...openClawEnv(home), npm_config_cache: npmCache(), npm_config_prefer_offline: 'true' }
    for (const { spec, integrity } of plugins) {
      await runOk(openclaw('plugins', 'install', spec, '--force', '--accept-capabilities'), { env, timeoutMs: INSTALL_TIMEOUT_MS })
      if (integrity !== undefined && !(await installed(home)).includes(integrity)) throw new Error(`${spec} is not what it was when it was chosen`)
    }
    return new PluginTemplate(home, JSON.parse(await readFile(home.configPath, 'utf8')) as JsonObject)
  }

  /** Gives `home` a copy of the installed state; plugins from the registry stay in the template, where their records say they are. */
  async copyTo(home: OpenClawHome): Promise<void> {
    await mkdir(home.home, { recursive: true })
    const isCopied = (path: string): boolean => path !== join(this.#home.stateDir, 'npm')
    await cp(this.#home.stateDir, home.stateDir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isCopied })
    // Names of running processes, which a copy must not inherit.
    await rm(join(home.stateDir, 'tmp'), { recursive: true, force: true })
  }
}

/** Integrity of every package that was installed from the registry. */
async function installed({ stateDir }: OpenClawHome): Promise<unknown[]> {
  const projects = join(stateDir, 'npm', 'projects')
  const locks = (await readdir(projects)).map(async name => JSON.parse(await readFile(join(projects, name, 'package-lock.json'), 'utf8')) as JsonObject)
  return (await Promise.all(locks)).flatMap(({ packages }) => isJsonObject(packages) ? Object.values(packages) : [])
    .map(entry => isJsonObject(entry) ? entry['integrity'] : undefined)
}

function npmCache(): string {
  return process.env['npm_config_cache'] ?? join(homedir(), '.npm')
}
