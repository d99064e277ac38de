/**
 * Alice and Bob behind a NAT each, and on the public side between them the `libp2p-mesh relay` of the packed plugin, which both
 * are told of: what the end-to-end tests across the Internet start from.
 *
 * @example
 * await using stage = await CoupleBehindNats.start()
 * await stage.lab.blockDirect('a')
 */

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { NatLab } from '../nat/nat-lab.ts'
import { installPackedCommand } from '../packed-command.ts'
import { Couple } from './couple.ts'
import type { Gateway } from './gateway.ts'
import type { JsonObject } from './json.ts'

/** These only end what hangs, on a machine with better things to do. */
const WAIT_MS = 240_000

export class CoupleBehindNats implements AsyncDisposable {
  readonly lab: NatLab
  readonly relay: Child
  /** Ends in `/p2p/<peer ID>`. */
  readonly relayAddress: string
  readonly couple: Couple
  readonly #stack: AsyncDisposableStack

  private constructor(init: { lab: NatLab, relay: Child, relayAddress: string, couple: Couple, stack: AsyncDisposableStack }) {
    this.lab = init.lab
    this.relay = init.relay
    this.relayAddress = init.relayAddress
    this.couple = init.couple
    this.#stack = init.stack
  }

  /** Why there can be none here, or `undefined`. */
  static whyNot(): string | undefined {
    return NatLab.whyNot(['nft'])
  }

  /** Starts all of it; both gateways have their reservations on the relay then. */
  static async start(): Promise<CoupleBehindNats> {
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'mesh-nat-')))
    const lab = stack.use(await NatLab.create({ a: 'a', b: 'a' }))
    const command = await installPackedCommand(folder.path)
    const relay = stack.use(new Child(lab.exec('relay', { command, args: ['relay', '--data-dir', join(folder.path, 'relay')] })))
    const [, relayAddress = ''] = await relay.log.waitFor(/^Relay address: (\/ip4\/\S+\/tcp\/4001\/p2p\/\w+)$/m, { timeoutMs: WAIT_MS })
    const couple = stack.use(await Couple.start({
      hosts: { alice: lab.host('a'), bob: lab.host('b') },
      plugin: { relayList: [relayAddress], deliveryAckTimeoutMs: WAIT_MS }
    }))
    for (const gateway of [couple.alice, couple.bob]) await gateway.waitForLog(/Relay reservation made: \S+/, { timeoutMs: WAIT_MS, from: 0 })
    return new CoupleBehindNats({ lab, relay, relayAddress, couple, stack: stack.move() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A connection as `p2p_get_network_info` shows it. */
export interface ShownConnection extends JsonObject {
  peerId: string
  remoteAddr: string
  path: string
  transport: string
  since: number
}

/** Each connection of the gateway to the peer. */
export async function connectionsTo(gateway: Gateway, peerId: string): Promise<ShownConnection[]> {
  const { connections } = await gateway.tool('p2p_get_network_info') as { connections: ShownConnection[] }
  return connections.filter(connection => connection.peerId === peerId)
}

/** What they are: `direct udp`, `relay tcp`. */
export async function pathsTo(gateway: Gateway, peerId: string): Promise<string[]> {
  return (await connectionsTo(gateway, peerId)).map(({ path, transport }) => `${path} ${transport}`)
}
