/** What either process of the bench holds: a mesh, and a bare libp2p node and a table to compare it with. */
import { join } from 'node:path'
import type { Mesh } from '../src/mesh.ts'
import { addressOf, startMesh } from './bench-mesh.ts'
import { EchoNode } from './echo-node.ts'
import { PayloadTable } from './payload-table.ts'

/** Where the two nodes of an end listen. */
export interface EndAddresses {
  peerId: string
  mesh: string
  echo: string
}

export class End {
  readonly mesh: Mesh
  readonly echoNode: EchoNode
  readonly table: PayloadTable

  private constructor(mesh: Mesh, echoNode: EchoNode, table: PayloadTable) {
    this.mesh = mesh
    this.echoNode = echoNode
    this.table = table
  }

  /** @param folder where the mesh keeps its state, in a folder called `name` */
  static async open(folder: string, name: string): Promise<End> {
    const mesh = await startMesh(folder, name)
    const table = new PayloadTable(join(folder, `${name}.db`))
    return new End(mesh, await EchoNode.start(() => { table.commit(1) }), table)
  }

  async addresses(): Promise<EndAddresses> {
    const { peerId } = await this.mesh.identity()
    return { peerId, mesh: await addressOf(this.mesh), echo: this.echoNode.address }
  }

  /** Messages in the mesh's inbox, counted on disk; an ID that came twice counts once. */
  async stored(): Promise<number> {
    return (await this.mesh.status()).unread
  }

  async close(): Promise<void> {
    await this.mesh.stop()
    await this.echoNode.stop()
    this.table.close()
  }
}
