/** The OpenClaw program of this checkout: how it is run, alone with its own state and untouched by the user's. */

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../child.ts'

const PROGRAM = fileURLToPath(new URL('../../../node_modules/openclaw/openclaw.mjs', import.meta.url))

/** The folders that one OpenClaw installation lives in. */
export interface OpenClawHome {
  /** `HOME` of the process. */
  home: string
  stateDir: string
  configPath: string
}

/** The three places under one folder. */
export function openClawHomeIn(folder: string): OpenClawHome {
  return { home: join(folder, 'home'), stateDir: join(folder, 'state'), configPath: join(folder, 'openclaw.json') }
}

/** The command `openclaw ...args`, with the Node.js that runs this test. */
export function openclaw(...args: string[]): Command {
  return { command: process.execPath, args: [PROGRAM, ...args] }
}

/** The environment of `openclaw` for `home`: nothing of the user's OpenClaw, no announcements, no updates, no colours. */
export function openClawEnv(home: OpenClawHome): NodeJS.ProcessEnv {
  return {
    ...withoutOpenClaw(process.env),
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: home.home,
    OPENCLAW_STATE_DIR: home.stateDir,
    OPENCLAW_CONFIG_PATH: home.configPath,
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    NO_COLOR: '1'
  }
}

function withoutOpenClaw(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(OPENCLAW_|NODE_TEST_CONTEXT$|FORCE_COLOR$)/.test(name)))
}
