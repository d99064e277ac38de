/**
 * A LAN of Linux network namespaces on this machine: a bridge in a namespace of its own and one namespace for each host.
 * Nothing connects it to the machine's own network, so no packet leaves it. Needs root.
 *
 * @example
 * await using lan = await Lan.create(['alice', 'bob'])
 * await run(lan.host('alice').exec({ command: 'ping', args: ['-c1', lan.host('bob').address] }), { timeoutMs: 5000 })
 */

import { atExit } from './at-exit.ts'
import { LanHost } from './lan-host.ts'
import { addNamespace, ip, removeAbandonedNamespaces, removeNamespace, removeNamespaceSync, whyNoNamespace } from './net-namespace.ts'

/** First three numbers of every address on the LAN. Each LAN is alone in its namespaces, so all use the same. */
const SUBNET = '10.77.0'

/** A private network with named hosts, removed by `stop`, `await using` or the end of the process. */
export class Lan implements AsyncDisposable {
  readonly #hosts: Map<string, LanHost>
  readonly #namespaces: string[]
  readonly #forget: () => void

  private constructor(prefix: string, names: string[]) {
    this.#hosts = new Map(names.map((name, index) => [name, new LanHost({
      name,
      namespace: `${prefix}-${name}`,
      switchNamespace: `${prefix}-switch`,
      switchPort: `port${index + 1}`,
      address: `${SUBNET}.${index + 1}`
    })]))
    this.#namespaces = [`${prefix}-switch`, ...[...this.#hosts.values()].map(host => host.namespace)]
    this.#forget = atExit(() => { for (const namespace of this.#namespaces) removeNamespaceSync(namespace) })
  }

  /** Why no LAN can be made here, or `undefined` when one can. */
  static whyNot(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
    if (process.getuid?.() !== 0) return 'network namespaces need root'
    return whyNoNamespace(namePrefix())
  }

  /** Makes the LAN with one host for each of `names` (lower-case words); the hosts get 10.77.0.1 and so on. */
  static async create(names: string[]): Promise<Lan> {
    await removeAbandonedNamespaces(NAME)
    const lan = new Lan(namePrefix(), names)
    try {
      await lan.#build()
      return lan
    } catch (error) {
      await lan.stop()
      throw error
    }
  }

  host(name: string): LanHost {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`No host "${name}" on this LAN`)
    return host
  }

  /** Kills what still runs on the hosts and removes the LAN. Safe to call twice. */
  async stop(): Promise<void> {
    for (const host of this.#hosts.values()) await host.stop()
    for (const namespace of this.#namespaces) await removeNamespace(namespace)
    this.#forget()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #build(): Promise<void> {
    for (const namespace of this.#namespaces) await addNamespace(namespace)
    await this.#buildSwitch()
    for (const host of this.#hosts.values()) await host.plugIn(SUBNET)
  }

  /** Without snooping the bridge floods multicast at once, as a plain switch does. */
  async #buildSwitch(): Promise<void> {
    const [namespace = ''] = this.#namespaces
    await ip('-n', namespace, 'link', 'add', 'bridge', 'type', 'bridge', 'stp_state', '0', 'mcast_snooping', '0')
    await ip('-n', namespace, 'link', 'set', 'bridge', 'up')
  }
}

/** The process ID in it tells abandoned namespaces from those in use. */
const NAME = /^mesh-(\d+)-/

function namePrefix(): string {
  return `mesh-${process.pid}-${Math.random().toString(36).slice(2, 6)}`
}
