#!/usr/bin/env node
/** The `libp2p-mesh` command: what this package does without OpenClaw. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { HELP, parseCommand, type Command } from './command/arguments.ts'
import type { Terminal } from './command/report.ts'
import { MeshError } from './lib/errors.ts'

const WRONG_ARGUMENTS = 2

const terminal: Terminal = {
  out: (line) => { process.stdout.write(`${line}\n`) },
  error: (line) => { process.stderr.write(`${line}\n`) }
}

async function run(command: Command): Promise<number> {
  if (command.kind === 'help') {
    terminal.out(HELP)
    return 0
  }
  const version = await loadVersion()
  if (command.kind === 'version') {
    terminal.out(version)
    return 0
  }
  const { runRelay } = await import('./command/run-relay.ts') // the node takes a second to load
  return await runRelay({ options: command.options, version, terminal })
}

/** As package.json says it; that file is one folder above both `src` and `dist`. */
async function loadVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}

function parseOrExplain(): Command | undefined {
  try {
    return parseCommand(process.argv.slice(2), homedir())
  } catch (error) {
    if (!(error instanceof MeshError)) throw error
    terminal.error(`libp2p-mesh: ${error.message}\nSee libp2p-mesh --help`)
    return undefined
  }
}

const command = parseOrExplain()
process.exitCode = command === undefined ? WRONG_ARGUMENTS : await run(command)
