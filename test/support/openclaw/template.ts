/** An OpenClaw state folder with the plugin installed by `openclaw plugins install`: made once, copied for each gateway. */

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../run.ts'
import { openclaw, openClawEnv, openClawHomeIn, type OpenClawHome } from './openclaw.ts'
import type { JsonObject } from './json.ts'

const INSTALL_TIMEOUT_MS = 300_000

export class PluginTemplate {
  /** What the installation wrote into the configuration. */
  readonly config: JsonObject
  readonly #home: OpenClawHome

  private constructor(home: OpenClawHome, config: JsonObject) {
    this.#home = home
    this.config = config
  }

  /** Installs the tgz with `openclaw plugins install` into a new state folder under `folder`. */
  static async install(tgz: string, folder: string): Promise<PluginTemplate> {
    const home = openClawHomeIn(folder)
    await mkdir(home.home, { recursive: true })
    await writeFile(home.configPath, '{}')
    const install = openclaw('plugins', 'install', tgz, '--force', '--accept-capabilities')
    // npm's own cache has the plugin's dependencies: they were installed for this checkout.
    const env = { ...openClawEnv(home), npm_config_cache: npmCache(), npm_config_prefer_offline: 'true' }
    await runOk(install, { env, timeoutMs: INSTALL_TIMEOUT_MS })
    return new PluginTemplate(home, JSON.parse(await readFile(home.configPath, 'utf8')) as JsonObject)
  }

  /** Gives `home` a copy of the installed state. */
  async copyTo(home: OpenClawHome): Promise<void> {
    await mkdir(home.home, { recursive: true })
    await cp(this.#home.stateDir, home.stateDir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    // Names of running processes, which a copy must not inherit.
    await rm(join(home.stateDir, 'tmp'), { recursive: true, force: true })
  }
}

function npmCache(): string {
  return process.env['npm_config_cache'] ?? join(homedir(), '.npm')
}
