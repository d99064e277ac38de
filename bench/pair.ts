/** Two connected meshes that approved each other, one here and one in a second process, and their echo beside them. */
import type { Mesh } from '../src/mesh.ts'
import type { Echo } from './echo-node.ts'
import type { PayloadTable } from './payload-table.ts'
import { End } from './end.ts'
import { PAYLOAD_BYTES } from './effort.ts'
import { CalledProcess } from './called-process.ts'
import type { PeerCalls } from './peer-calls.ts'
import { median } from './statistics.ts'
import { timed } from './stopwatch.ts'

/** Milliseconds until connected. */
export interface ConnectTimes {
  mesh: number
  libp2p: number
}

const DIALS = 5

export class Pair implements AsyncDisposable {
  readonly peer: CalledProcess<PeerCalls>
  readonly echo: Echo
  /** Its other side commits a row before it answers. */
  readonly durableEcho: Echo
  readonly connect: ConnectTimes
  readonly #end: End
  readonly #peerId: string
  readonly #text = 'a'.repeat(PAYLOAD_BYTES)
  readonly surprises: string[] = []
  #sent = 0

  private constructor(init: { end: End, peer: CalledProcess<PeerCalls>, peerId: string, echoes: { echo: Echo, durableEcho: Echo }, connect: ConnectTimes }) {
    this.#end = init.end
    this.peer = init.peer
    this.#peerId = init.peerId
    this.echo = init.echoes.echo
    this.durableEcho = init.echoes.durableEcho
    this.connect = init.connect
  }

  /** @param folder where both meshes keep their state */
  static async open(folder: string): Promise<Pair> {
    const peer = new CalledProcess<PeerCalls>(new URL('peer.ts', import.meta.url))
    try {
      const remote = await peer.call('open', folder)
      const end = await End.open(folder, 'sender')
      const dials: number[] = []
      while (dials.length < DIALS) dials.push(await end.echoNode.timeDial(remote.echo))
      const mesh = await timed(async () => { await connect(end.mesh, remote.mesh) })
      await approveBoth({ mesh: end.mesh, peer, peerId: remote.peerId })
      const echoes = { echo: await end.echoNode.openEcho(remote.echo), durableEcho: await end.echoNode.openDurableEcho(remote.echo) }
      return new Pair({ end, peer, peerId: remote.peerId, echoes, connect: { mesh, libp2p: median(dials) } })
    } catch (error) {
      await peer[Symbol.asyncDispose]()
      throw error
    }
  }

  /** A table of this process, beside the mesh's database. */
  get table(): PayloadTable {
    return this.#end.table
  }

  /** Messages sent so far. */
  get sent(): number {
    return this.#sent
  }

  /** Sends a message; whatever the sender is told other than `received` is kept in `surprises`. */
  async send(): Promise<void> {
    this.#sent += 1
    try {
      const { state } = await this.#end.mesh.sendMessage({ to: this.#peerId, text: this.#text })
      if (state !== 'received') this.surprises.push(state)
    } catch (error) {
      this.surprises.push(error instanceof Error ? error.message : String(error))
    }
  }

  /** Resolves when all that this side of the mesh wrote is on disk. */
  async flush(): Promise<void> {
    await this.#end.mesh.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end.close()
    await this.peer.call('close', null)
    await this.peer[Symbol.asyncDispose]()
  }
}

async function connect(mesh: Mesh, address: string): Promise<void> {
  const { reachable } = await mesh.addPeer({ recipient: address })
  if (!reachable) throw new Error('the second process cannot be reached')
}

async function approveBoth({ mesh, peer, peerId }: { mesh: Mesh, peer: CalledProcess<PeerCalls>, peerId: string }): Promise<void> {
  await mesh.approvePeer(peerId)
  await peer.call('approve', (await mesh.identity()).peerId)
}
