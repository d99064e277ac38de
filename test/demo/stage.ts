/** Where the demo plays: a LAN of its own where one can be made, else this machine and its real LAN. */

import { join } from 'node:path'
import { Lan } from '../support/lan.ts'
import { Gateway } from '../support/openclaw/gateway.ts'
import { ModelServer } from '../support/openclaw/model-server.ts'
import { packPlugin } from '../support/openclaw/plugin-package.ts'
import { Scratch } from '../support/openclaw/scratch.ts'
import { PluginTemplate } from '../support/openclaw/template.ts'
import { PATIENT } from './play.ts'
import type { Screen } from './screen.ts'

export const NAMES = ['alice', 'bob'] as const
export type Name = typeof NAMES[number]
export type Cast = Record<Name, Gateway>

/** Everything that was set up, taken down in reverse order when it is disposed. */
export class Stage implements AsyncDisposable {
  readonly #screen: Screen
  readonly #stack: AsyncDisposableStack
  readonly #lan: Lan | undefined
  readonly #scratch: Scratch
  readonly #gateways: Gateway[] = []

  private constructor(init: { screen: Screen, stack: AsyncDisposableStack, lan: Lan | undefined, scratch: Scratch }) {
    this.#screen = init.screen
    this.#stack = init.stack
    this.#lan = init.lan
    this.#scratch = init.scratch
  }

  /** Makes the LAN, or says why the machine's own is used. */
  static async create(screen: Screen): Promise<Stage> {
    await using stack = new AsyncDisposableStack()
    const scratch = stack.use(await Scratch.create())
    const reason = Lan.whyNot()
    if (reason !== undefined) {
      screen.note(`Both gateways run on this machine and use its own LAN, because ${reason}.`)
      screen.note('They announce themselves there by mDNS and listen on all interfaces until the demo ends.')
      return new Stage({ screen, stack: stack.move(), lan: undefined, scratch })
    }
    const lan = stack.use(await Lan.create([...NAMES]))
    const hosts = NAMES.map(name => `${name} at ${lan.host(name).address}`).join(', ')
    screen.note(`A LAN of network namespaces: ${hosts}. No packet leaves this machine.`)
    return new Stage({ screen, stack: stack.move(), lan, scratch })
  }

  /** Installs the plugin in OpenClaw and starts the gateways, with no address configured anywhere. */
  async raise(): Promise<Cast> {
    const tgz = await this.#screen.step('Packing the plugin', async () => packPlugin(this.#scratch.path))
    const template = await this.#screen.step('Installing it with `openclaw plugins install`', async () =>
      PluginTemplate.install([{ spec: tgz }], join(this.#scratch.path, 'template')))
    const model = this.#stack.use(await ModelServer.start())
    model.behave(({ caller, peerText }) => ({ text: `This is ${caller}'s agent. I read: "${peerText ?? ''}"` }))
    const [alice, bob] = await this.#screen.step('Starting the gateways of alice and bob', async () => Promise.all([
      this.#start('alice', { template, model }),
      this.#start('bob', { template, model })
    ]))
    return { alice, bob }
  }

  /** The end of each gateway's log, for when the demo fails. */
  logTails(): string {
    return this.#gateways.map(({ name, log }) => `--- log of ${name} ---\n${log.tail(15)}`).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #start(name: Name, shared: { template: PluginTemplate, model: ModelServer }): Promise<Gateway> {
    const gateway = this.#stack.use(await Gateway.create({
      ...shared,
      name,
      folder: this.#scratch.path,
      plugin: { instanceName: name, ...PATIENT },
      ...this.#lan === undefined ? {} : { host: this.#lan.host(name) }
    }))
    this.#gateways.push(gateway)
    await gateway.start()
    return gateway
  }
}
