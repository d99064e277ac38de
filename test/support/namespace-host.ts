/** A network namespace as a host: programs run on it, and the test process talks to its loopback ports through doors. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child, type Command } from './child.ts'

const DOOR = fileURLToPath(new URL('./namespace-door.ts', import.meta.url))

/** A way through the wall of a host's namespace; closing it makes further connections be refused. */
export interface HostDoor {
  close: () => Promise<void>
}

export class NamespaceHost {
  readonly name: string
  readonly namespace: string
  readonly #doors: Child[] = []
  #doorFolder: Promise<string> | undefined

  /** @param namespace it exists */
  constructor(name: string, namespace: string) {
    this.name = name
    this.namespace = namespace
  }

  /** The command that runs `command` on this host; its process ID is that of the program itself. */
  exec(command: Command): Command {
    return { command: 'ip', args: ['netns', 'exec', this.namespace, command.command, ...command.args] }
  }

  /** Makes a loopback TCP port of this host reachable for the test process; returns the path of the Unix socket. */
  async reach(port: number): Promise<string> {
    const socket = join(await this.#folder(), `in-${port}`)
    await this.#openDoor(['in', socket, String(port)])
    return socket
  }

  /** Makes a Unix socket of the test process reachable on this host, as loopback TCP port `port`. */
  async offer(socket: string, port: number): Promise<HostDoor> {
    const door = await this.#openDoor(['out', socket, String(port)])
    return { close: async () => { await door.stop() } }
  }

  /** Closes the doors. */
  async stop(): Promise<void> {
    for (const door of this.#doors.splice(0)) await door.stop()
    if (this.#doorFolder !== undefined) await rm(await this.#doorFolder, { recursive: true, force: true })
    this.#doorFolder = undefined
  }

  async #openDoor(args: string[]): Promise<Child> {
    const door = new Child(this.exec({ command: process.execPath, args: ['--disable-warning=ExperimentalWarning', DOOR, ...args] }))
    this.#doors.push(door)
    await door.log.waitFor(/^open$/m, { timeoutMs: 30_000 })
    return door
  }

  /** Unix socket paths are limited to about 100 characters, hence not in a test's own folder. */
  #folder(): Promise<string> {
    this.#doorFolder ??= mkdtemp(join(tmpdir(), 'mesh-door-'))
    return this.#doorFolder
  }
}
