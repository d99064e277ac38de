/** The laboratory's relay: the `libp2p-mesh relay` command on the public side, which can go away and come back with its key and port. */

import { join } from 'node:path'
import { Child } from '../child.ts'
import { relayCommand } from '../relay-command.ts'
import type { NatLab } from './nat-lab.ts'

const PORT = 4001

export class LabRelay implements AsyncDisposable {
  readonly #lab: NatLab
  readonly #dataDir: string
  #child: Child | undefined
  /** Each ends in `/p2p/<peer ID>`. */
  addresses: string[] = []

  /** @param folder where its key is kept */
  constructor(lab: NatLab, folder: string) {
    this.#lab = lab
    this.#dataDir = join(folder, 'relay')
  }

  /** Resolves when it can be dialled. */
  async start(): Promise<void> {
    const listen = this.#lab.relayHosts.flatMap(host => ['--listen', `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${PORT}`])
    this.#child = new Child(this.#lab.exec('relay', relayCommand('relay', ...listen, '--data-dir', this.#dataDir)))
    const lines = new RegExp(`(?:^Relay address: .*\n){${this.#lab.relayHosts.length}}`, 'm')
    const [printed] = await this.#child.log.waitFor(lines, { timeoutMs: 60_000 })
    this.addresses = [...printed.matchAll(/(\/ip[46]\/\S+)/g)].map(([address]) => address)
  }

  /** The first one. */
  get address(): string {
    return this.addresses[0] ?? ''
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    await this.#child?.stop()
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    await this.#child?.killAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
