/** One host of a LAN, with the cable that connects it to the switch. */

import { NamespaceHost } from './namespace-host.ts'
import { ip } from './net-namespace.ts'

export interface LanHostInit {
  name: string
  namespace: string
  switchNamespace: string
  switchPort: string
  address: string
}

export class LanHost extends NamespaceHost {
  /** IPv4 address on the LAN. */
  readonly address: string
  readonly #init: LanHostInit

  constructor(init: LanHostInit) {
    super(init.name, init.namespace)
    this.address = init.address
    this.#init = init
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

  async #setCable(state: 'up' | 'down'): Promise<void> {
    await ip('-n', this.#init.switchNamespace, 'link', 'set', this.#init.switchPort, state)
  }
}
