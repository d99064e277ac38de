/**
 * Two gateways, alice and bob, with the packed plugin and a scripted model, on a LAN of their own unless told otherwise: what the
 * end-to-end tests start from.
 *
 * @example
 * await using couple = await Couple.start()
 * await couple.meet()
 */

import { join } from 'node:path'
import { Lan } from '../lan.ts'
import type { NamespaceHost } from '../namespace-host.ts'
import { until } from '../until.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'
import type { JsonObject } from './json.ts'
import { ModelServer } from './model-server.ts'
import { packPlugin } from './plugin-package.ts'
import { Scratch } from './scratch.ts'
import { PluginTemplate, type PluginSource } from './template.ts'

const NAMES = ['alice', 'bob'] as const
const MEET_TIMEOUT_MS = 180_000

type Name = typeof NAMES[number]
type Settings = Pick<GatewayOptions, 'plugin' | 'channel' | 'config' | 'env'>
type Maker = (options: Settings & Pick<GatewayOptions, 'name' | 'host'>) => Promise<Gateway>

/** Settings of both gateways, and those that only one has. */
export interface CoupleOptions extends Settings {
  bob?: Settings
  /** Plugins besides our own. @default none */
  plugins?: PluginSource[]
  /** Where they run. @default on a LAN of their own */
  hosts?: Record<Name, NamespaceHost>
}

export class Couple implements AsyncDisposable {
  readonly alice: Gateway
  readonly bob: Gateway
  readonly model: ModelServer
  readonly #stack: AsyncDisposableStack
  readonly #make: Maker

  private constructor(init: { alice: Gateway, bob: Gateway, model: ModelServer, make: Maker, stack: AsyncDisposableStack }) {
    this.alice = init.alice
    this.bob = init.bob
    this.model = init.model
    this.#stack = init.stack
    this.#make = init.make
  }

  /** Why gateways cannot be started here, or `undefined`. */
  static whyNot(): string | undefined {
    return Lan.whyNot()
  }

  /** Installs the plugin and makes both gateways, which do not run yet. */
  static async create(options: CoupleOptions = {}): Promise<Couple> {
    const { plugins = [], bob: onlyBob, hosts, ...shared } = options
    await using stack = new AsyncDisposableStack()
    const scratch = stack.use(await Scratch.create())
    const placed = hosts ?? await hostsOnLan(stack)
    const template = await PluginTemplate.install([{ spec: await packPlugin(scratch.path) }, ...plugins], join(scratch.path, 'template'))
    const model = stack.use(await ModelServer.start())
    const make: Maker = async own => Gateway.create({ ...own, template, model, folder: scratch.path })
    const alice = stack.use(await make({ ...shared, name: 'alice', host: placed.alice }))
    const bob = stack.use(await make({ ...shared, ...onlyBob, name: 'bob', host: placed.bob }))
    return new Couple({ alice, bob, model, make, stack: stack.move() })
  }

  /** As `create`, and starts them. */
  static async start(options: CoupleOptions = {}): Promise<Couple> {
    const couple = await Couple.create(options)
    try {
      await couple.start()
      return couple
    } catch (error) {
      await couple[Symbol.asyncDispose]()
      throw error
    }
  }

  /** A third gateway, made and started; it goes with the couple. */
  async add(options: Parameters<Maker>[0]): Promise<Gateway> {
    const gateway = this.#stack.use(await this.#make(options))
    await gateway.start()
    return gateway
  }

  /** Starts both gateways at the same moment. */
  async start(): Promise<void> {
    await Promise.all([this.alice.start(), this.bob.start()])
  }

  /** Waits until each is connected to the other; returns their peer IDs. */
  async meet(): Promise<{ aliceId: string, bobId: string }> {
    const [aliceId, bobId] = [await peerIdOf(this.alice), await peerIdOf(this.bob)]
    await Promise.all([connected(this.alice, bobId), connected(this.bob, aliceId)])
    return { aliceId, bobId }
  }

  /** Both owners approve the other peer. */
  async befriend(): Promise<{ aliceId: string, bobId: string }> {
    const ids = await this.meet()
    await Promise.all([this.alice.owner('approve', { who: ids.bobId }), this.bob.owner('approve', { who: ids.aliceId })])
    return ids
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

async function hostsOnLan(stack: AsyncDisposableStack): Promise<Record<Name, NamespaceHost>> {
  const lan = stack.use(await Lan.create([...NAMES]))
  return { alice: lan.host('alice'), bob: lan.host('bob') }
}

/** The peer ID of a running gateway. */
export async function peerIdOf(gateway: Gateway): Promise<string> {
  const { peerId } = await gateway.tool('p2p_status')
  if (typeof peerId !== 'string') throw new Error(`${gateway.name} has no peer ID`)
  return peerId
}

/** Waits until the gateway is connected to the peer. */
export async function connected(gateway: Gateway, peerId: string): Promise<void> {
  await until(async () => {
    const { peers } = await gateway.tool('p2p_list_peers') as { peers?: JsonObject[] }
    return peers?.some(peer => peer['peerId'] === peerId && peer['connected'] === true) ?? false
  }, { what: `${gateway.name} to be connected to ${peerId}`, timeoutMs: MEET_TIMEOUT_MS, intervalMs: 250 })
}
