/** One cell of the matrix: laboratory, relay and two peers, and repeated attempts between them. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatLab, type NatLabInit, type Side } from './nat-lab.ts'
import { LabProcess } from './lab-process.ts'
import { LabRelay } from './lab-relay.ts'
import type { ConnectAnswer, StartParameters } from './peer-node.ts'

const PEER = new URL('./peer-node.ts', import.meta.url)
const [FIRST_PORT, PORTS] = [20_000, 20_000]

export interface StartOptions {
  /** Whether B punches with A. @default true */
  isApproving?: boolean
}

export class NatCell implements AsyncDisposable {
  readonly lab: NatLab
  readonly relay: LabRelay
  readonly a: LabProcess
  readonly b: LabProcess
  readonly #folder: string
  #peerIds = { a: '', b: '' }

  private constructor(lab: NatLab, folder: string) {
    this.lab = lab
    this.#folder = folder
    this.relay = new LabRelay(lab, folder)
    this.a = new LabProcess(lab.exec('a', LabProcess.script(PEER)))
    this.b = new LabProcess(lab.exec('b', LabProcess.script(PEER)))
  }

  /** Makes the namespaces and starts the relay; the peers start with `start`. */
  static async create(init: NatLabInit): Promise<NatCell> {
    const cell = new NatCell(await NatLab.create(init), await mkdtemp(join(tmpdir(), 'nat-cell-')))
    try {
      await cell.relay.start()
      return cell
    } catch (error) {
      await cell[Symbol.asyncDispose]()
      throw error
    }
  }

  peerId(side: Side): string {
    return this.#peerIds[side]
  }

  /** Fresh nodes on fresh ports, so that no NAT remembers them. */
  async start({ isApproving = true }: StartOptions = {}): Promise<void> {
    const parameters = (approves: boolean): StartParameters => ({
      relay: this.relay.address, port: FIRST_PORT + Math.floor(Math.random() * PORTS), isApproving: approves
    })
    const [a, b] = await Promise.all([
      this.a.ask<{ peerId: string }>('start', parameters(true)),
      this.b.ask<{ peerId: string }>('start', parameters(isApproving))
    ])
    this.#peerIds = { a: a.peerId, b: b.peerId }
  }

  /** A dials B through the relay and upgrades. */
  async connect(): Promise<ConnectAnswer> {
    return await this.a.ask<ConnectAnswer>('connect', { address: this.addressOf('b') })
  }

  /** The relayed address of a peer. */
  addressOf(side: Side): string {
    return `${this.relay.address}/p2p-circuit/p2p/${this.#peerIds[side]}`
  }

  async stop(): Promise<void> {
    await Promise.all([this.a.ask('stop'), this.b.ask('stop')])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.a, this.b, this.relay]) await child.kill()
    await this.lab.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
