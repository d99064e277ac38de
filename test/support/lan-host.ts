/** One host of a LAN: programs run on it, and the test process talks to its loopback ports through doors. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child, type Command } from './child.ts'
import { ip } from './net-namespace.ts'

const DOOR = fileURLToPath(new URL('./lan-door.ts', import.meta.url))

export interface LanHostInit {
  name: string
  namespace: string
  switchNamespace: string
  switchPort: string
  address: string
}

/** A way through the wall of a host's namespace; closing it makes further connections be refused. */
export interface LanDoor {
  close: () => Promise<void>
}

export class LanHost {
  readonly name: string
  readonly namespace: string
  /** IPv4 address on the LAN. */
  readonly address: string
  readonly #init: LanHostInit
  readonly #doors: Child[] = []
  #doorFolder: Promise<string> | undefined

  constructor(init: LanHostInit) {
    this.name = init.name
    this.namespace = init.namespace
    this.address = init.address
    this.#init = init
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
  async offer(socket: string, port: number): Promise<LanDoor> {
    const door = await this.#openDoor(['out', socket, String(port)])
    return { close: async () => { await door.stop() } }
  }

  /** Pulls the network cable. */
  async unplug(): Promise<void> {
    await this.#setCable('down')
  }

  /** Puts the network cable back. */
  async replug(): Promise<void> {
    await this.#setCable('up')
  }

  /** Connects the host to the switch; done once by the LAN. */
  async plugIn(subnet: string): Promise<void> {
    const { switchNamespace, switchPort } = this.#init
    const inside = ['-n', this.namespace]
    await ip(...inside, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', switchPort, 'netns', switchNamespace)
    await ip('-n', switchNamespace, 'link', 'set', switchPort, 'master', 'bridge', 'up')
    await ip(...inside, 'address', 'add', `${this.address}/24`, 'broadcast', `${subnet}.255`, 'dev', 'eth0')
    await ip(...inside, 'link', 'set', 'eth0', 'up')
    await ip(...inside, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
  }

  /** Closes the doors. */
  async stop(): Promise<void> {
    for (const door of this.#doors.splice(0)) await door.stop()
    if (this.#doorFolder !== undefined) await rm(await this.#doorFolder, { recursive: true, force: true })
    this.#doorFolder = undefined
  }

  async #setCable(state: 'up' | 'down'): Promise<void> {
    await ip('-n', this.#init.switchNamespace, 'link', 'set', this.#init.switchPort, state)
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
