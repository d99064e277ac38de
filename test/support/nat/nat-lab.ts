/**
 * Two hosts behind NATs, a relay on the public side between them, all in Linux network namespaces. Needs root and nftables.
 * Nothing connects it to the machine's own network.
 *
 * @example
 * await using lab = await NatLab.create({ a: 'a', b: 'c', delayMs: 25 })
 * new Child(lab.exec('a', { command: 'ping', args: ['-c1', lab.relayHosts[0]] }))
 */

import { spawnSync } from 'node:child_process'
import { atExit } from '../at-exit.ts'
import type { Command } from '../child.ts'
import { Lan } from '../lan.ts'
import { NamespaceHost } from '../namespace-host.ts'
import { addNamespace, ip, removeAbandonedNamespaces, removeNamespace, removeNamespaceSync } from '../net-namespace.ts'
import { run, runOk } from '../run.ts'
import type { Cable } from './cable.ts'
import { addDelay } from './delay-line.ts'
import { addIp6Relay, addIp6Side, RELAY_IP6 } from './ip6-line.ts'
import { MAPPING_RULES, MappingRouter } from './mapping-router.ts'
import { gatewayRules, gatewaysOf, type GatewayKind, type GatewayRules, type NatKind } from './nat-kind.ts'

/** Sides of the laboratory: each has a host of the same name. */
export type Side = 'a' | 'b'

export interface NatLabInit {
  a: NatKind
  b: NatKind
  /** One-way delay between any two sites. @default 0 */
  delayMs?: number
  /** Share of the packets on the public side that are lost, in percent. @default 0 */
  lossPercent?: number
}

/** Of a range that libp2p counts as public; documentation ranges count as private. */
const PUBLIC = '45.33.0'
/** Of no host: hosts use 20000 to 39999. */
const REBOUND_PORT = 45_000
const NAME = /^nat-(\d+)-/
const PROGRAMS = ['nft', 'conntrack', 'python3']

export class NatLab implements AsyncDisposable {
  /** Addresses of the relay. */
  readonly relayHosts: string[] = [`${PUBLIC}.10`]
  readonly #prefix = `nat-${process.pid}-${Math.random().toString(36).slice(2, 6)}`
  readonly #namespaces: string[] = []
  readonly #hosts: NamespaceHost[] = []
  /** What each host calls its default gateway. */
  readonly #gateways = new Map<Side, string>()
  readonly #forget: () => void
  readonly #programs: AsyncDisposable[] = []

  private constructor() {
    this.#forget = atExit(() => { for (const name of this.#namespaces) removeNamespaceSync(name) })
  }

  /** Why there can be no laboratory here, or `undefined` when there can: rebinding takes `conntrack`, a delay `python3`. */
  static whyNot(programs = PROGRAMS): string | undefined {
    const why = Lan.whyNot()
    if (why !== undefined) return why
    const missing = programs.filter(name => spawnSync(name, ['--version']).error !== undefined)
    return missing.length === 0 ? undefined : `missing: ${missing.join(', ')} (Debian packages nftables, conntrack, python3)`
  }

  static async create(init: NatLabInit): Promise<NatLab> {
    await removeAbandonedNamespaces(NAME)
    const lab = new NatLab()
    try {
      await lab.#build(init)
      return lab
    } catch (error) {
      await lab.stop()
      throw error
    }
  }

  /** The command that runs `command` in a namespace: `a`, `b`, `relay`, or a gateway (`gw-a0` is the host's own, `gw-a1` the carrier's). */
  exec(name: string, { command, args }: Command): Command {
    return { command: 'ip', args: ['netns', 'exec', this.#namespace(name), command, ...args] }
  }

  /** The host called `a`, `b` or `relay`, for what runs on hosts. */
  host(name: Side | 'relay'): NamespaceHost {
    const host = new NamespaceHost(name, this.#namespace(name))
    this.#hosts.push(host)
    return host
  }

  /** What the world sees of a side: the address of its outermost gateway. */
  publicAddress(side: Side): string {
    return `${PUBLIC}.2${side === 'a' ? 1 : 2}`
  }

  /** The host's gateway forgets its UDP mappings and gives the host's port another number, as after a reconnect of the line. */
  async rebind(side: Side, port: number): Promise<void> {
    const gateway = `gw-${side}0`
    const address = this.publicAddress(side)
    await this.#nft(gateway, `flush chain ip gateway postrouting
      add rule ip gateway postrouting oifname "wan" udp sport ${port} snat to ${address}:${REBOUND_PORT}
      add rule ip gateway postrouting oifname "wan" masquerade`)
    const flushed = await run(this.exec(gateway, { command: 'conntrack', args: ['-D', '-p', 'udp'] }), { timeoutMs: 10_000 })
    if (!flushed.output.includes('have been deleted')) throw new Error(`The mappings were not flushed: ${flushed.output}`)
  }

  /** The host's gateway was off for a moment: it knows none of the connections that go through it. */
  async reboot(side: Side): Promise<void> {
    const gateway = this.#namespace(`gw-${side}0`)
    await ip('-n', gateway, 'link', 'set', 'lan', 'down')
    await this.#shell(`gw-${side}0`, 'echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose') // no connection is taken up in its middle
    await runOk(this.exec(`gw-${side}0`, { command: 'conntrack', args: ['-F'] }), { timeoutMs: 10_000 })
    await ip('-n', gateway, 'link', 'set', 'lan', 'up')
  }

  /** From now on the host reaches the relay and nobody else. */
  async blockDirect(side: Side): Promise<void> {
    const [relay = ''] = this.relayHosts
    await this.#nft(`gw-${side}0`, `table ip blocked {
      chain forward { type filter hook forward priority -10; iifname "lan" ip daddr != ${relay} drop; iifname "wan" ip saddr != ${relay} drop; }
    }`)
  }

  async unblockDirect(side: Side): Promise<void> {
    await this.#nft(`gw-${side}0`, 'delete table ip blocked')
  }

  /** The host's cable is out: its address and routes are gone. */
  async unplug(side: Side): Promise<void> {
    await ip('-n', this.#namespace(side), 'link', 'set', 'eth0', 'down')
  }

  /** The cable is back, with the address of before. */
  async replug(side: Side): Promise<void> {
    const [namespace, gateway = ''] = [this.#namespace(side), this.#gateways.get(side)]
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    await ip('-n', namespace, 'route', 'add', 'default', 'via', gateway)
  }

  async stop(): Promise<void> {
    for (const host of this.#hosts) await host.stop()
    for (const program of this.#programs) await program[Symbol.asyncDispose]()
    for (const name of this.#namespaces) await removeNamespace(name)
    this.#forget()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #build(init: NatLabInit): Promise<void> {
    await this.#add('public')
    await this.#shell('public', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    await this.#add('relay')
    await this.#plug('relay', `${PUBLIC}.10`)
    await this.#buildSide('a', gatewaysOf(init.a), 1)
    await this.#buildSide('b', gatewaysOf(init.b), 2)
    if (init.delayMs !== undefined && init.delayMs > 0) this.#programs.push(await addDelay(this.#namespace('public'), `${PUBLIC}.1`, init.delayMs))
    if (init.lossPercent !== undefined && init.lossPercent > 0) await this.#addLoss(init.lossPercent)
  }

  async #buildSide(side: Side, gateways: GatewayKind[], index: number): Promise<void> {
    const [own = 'a', carrier] = gateways
    const lan = own === 'f' ? `${PUBLIC.slice(0, -2)}.${index}` : `192.168.${index}`
    const publicAddress = this.publicAddress(side)
    for (const number of gateways.keys()) await this.#addRouter(`gw-${side}${number}`)
    await this.#plug(`gw-${side}${gateways.length - 1}`, publicAddress)
    if (carrier !== undefined) {
      await this.#cable({ inner: `gw-${side}0`, innerDevice: 'wan', outer: `gw-${side}1`, subnet: `100.64.${index}`, host: 2 })
      await this.#nft(`gw-${side}1`, gatewayRules({ kind: carrier, wanAddress: publicAddress, lanHost: `100.64.${index}.2` }))
    }
    const rules: GatewayRules = { kind: own, wanAddress: publicAddress, lanHost: `${lan}.10` }
    await this.#nft(`gw-${side}0`, gatewayRules(rules))
    await this.#add(side)
    this.#gateways.set(side, `${lan}.1`)
    await this.#cable({ inner: side, innerDevice: 'eth0', outer: `gw-${side}0`, subnet: lan, host: 10 })
    if (own === 'd' || own === 'u') await this.#mapPorts(`gw-${side}0`, rules)
    if (own === 'x') await this.#addIp6(side, index)
    if (own === 'f') await ip('-n', this.#namespace('public'), 'route', 'add', `${lan}.0/24`, 'via', publicAddress, 'dev', `p-gw-${side}0`)
  }

  async #addIp6(side: Side, index: number): Promise<void> {
    const namespaces = (name: string): string => this.#namespace(name)
    if (!this.relayHosts.includes(RELAY_IP6)) this.relayHosts.push(await addIp6Relay(namespaces))
    await addIp6Side(namespaces, side, index)
  }

  async #mapPorts(gateway: string, rules: GatewayRules): Promise<void> {
    await this.#nft(gateway, MAPPING_RULES)
    this.#programs.push(await MappingRouter.start(rules, command => this.exec(gateway, command)))
  }

  async #addRouter(name: string): Promise<void> {
    await this.#add(name)
    await this.#shell(name, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  }

  /** Connects a namespace to the public side; its interface is `wan`. */
  async #plug(name: string, address: string): Promise<void> {
    const [outside, inside] = [this.#namespace('public'), this.#namespace(name)]
    await ip('-n', outside, 'link', 'add', `p-${name}`, 'type', 'veth', 'peer', 'name', 'wan', 'netns', inside)
    await ip('-n', outside, 'address', 'add', `${PUBLIC}.1/32`, 'dev', `p-${name}`)
    await ip('-n', outside, 'link', 'set', `p-${name}`, 'up')
    await ip('-n', outside, 'route', 'add', `${address}/32`, 'dev', `p-${name}`)
    await ip('-n', inside, 'address', 'add', `${address}/32`, 'dev', 'wan')
    await ip('-n', inside, 'link', 'set', 'wan', 'up')
    await ip('-n', inside, 'route', 'add', `${PUBLIC}.1/32`, 'dev', 'wan')
    await ip('-n', inside, 'route', 'add', 'default', 'via', `${PUBLIC}.1`, 'src', address)
  }

  async #cable({ inner, innerDevice, outer, subnet, host }: Cable): Promise<void> {
    const [inside, outside] = [this.#namespace(inner), this.#namespace(outer)]
    await ip('-n', outside, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', innerDevice, 'netns', inside)
    await ip('-n', outside, 'address', 'add', `${subnet}.1/24`, 'dev', 'lan')
    await ip('-n', outside, 'link', 'set', 'lan', 'up')
    await ip('-n', inside, 'address', 'add', `${subnet}.${host}/24`, 'dev', innerDevice)
    await ip('-n', inside, 'link', 'set', innerDevice, 'up')
    await ip('-n', inside, 'route', 'add', 'default', 'via', `${subnet}.1`)
  }

  async #addLoss(percent: number): Promise<void> {
    await this.#nft('public', `table ip line {
      chain forward { type filter hook forward priority 0; numgen random mod 100 < ${percent} drop; }
    }`)
  }

  async #add(name: string): Promise<void> {
    const namespace = `${this.#prefix}-${name}`
    this.#namespaces.push(namespace)
    await addNamespace(namespace)
  }

  async #nft(name: string, rules: string): Promise<void> {
    await runOk(this.exec(name, { command: 'nft', args: ['-f', '-'] }), { input: rules, timeoutMs: 10_000 })
  }

  async #shell(name: string, script: string): Promise<void> {
    await runOk(this.exec(name, { command: 'sh', args: ['-c', script] }), { timeoutMs: 10_000 })
  }

  #namespace(name: string): string {
    return `${this.#prefix}-${name}`
  }
}
