/** One cell of the laboratory with real meshes: a relay, and two nodes behind their NATs that talk all the time. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { toError } from '../../../src/lib/errors.ts'
import { UNLIMITED } from '../mesh-node.ts'
import { MeshProcess } from '../mesh-process.ts'
import { until } from '../until.ts'
import { LabRelay } from './lab-relay.ts'
import { NatLab, type NatLabInit, type Side } from './nat-lab.ts'

/** Ten messages a second each way. */
const BEAT_MS = 100
const WAIT_MS = 120_000
const SIDES = ['a', 'b'] as const

export class MeshCell implements AsyncDisposable {
  readonly lab: NatLab
  readonly relay: LabRelay
  readonly #folders: string
  readonly #meshes = new Map<Side, MeshProcess>()
  readonly #over = new AbortController()

  private constructor(lab: NatLab, folders: string) {
    this.lab = lab
    this.#folders = folders
    this.relay = new LabRelay(lab, folders)
  }

  /** Both nodes run, have their reservations and approve each other; nobody has dialled. */
  static async create(init: NatLabInit): Promise<MeshCell> {
    const cell = new MeshCell(await NatLab.create(init), await mkdtemp(join(tmpdir(), 'mesh-cell-')))
    try {
      await cell.relay.start()
      await Promise.all([cell.#start('a'), cell.#start('b')])
      await cell.mesh('a').call('approvePeer', cell.mesh('b').peerId)
      await cell.mesh('b').call('approvePeer', cell.mesh('a').peerId)
      return cell
    } catch (error) {
      await cell[Symbol.asyncDispose]()
      throw error
    }
  }

  mesh(side: Side): MeshProcess {
    return this.#meshes.get(side) ?? assert.fail(`${side} does not run`)
  }

  /** A sends B its first message over the relay. @returns milliseconds from the dial to the acknowledgement */
  async meet(): Promise<number> {
    const startedAt = performance.now()
    await this.mesh('a').call('addPeer', { recipient: `${this.relay.address}/p2p-circuit/p2p/${this.mesh('b').peerId}` })
    const { state } = await this.mesh('a').call('sendMessage', { to: this.mesh('b').peerId, text: 'first' })
    assert.equal(state, 'received')
    return performance.now() - startedAt
  }

  /** Waits until a relay reached a port that the side's router mapped. */
  async awaitMappedPort(side: Side): Promise<void> {
    await this.mesh(side).log.waitFor('a mapped port', lines => lines.find(({ message }) => message.startsWith('Mapped port reached')))
  }

  /** Waits until each side said that its path to the other is direct. */
  async awaitDirect(): Promise<void> {
    await Promise.all(SIDES.map(async (side) => {
      const start = `Path to ${this.#other(side).peerId}: direct`
      await this.mesh(side).log.waitFor(`${side} to be on a direct path`, lines => lines.find(({ message }) => message.startsWith(start)))
    }))
  }

  /** Waits until each side has one connection to the other, and it is of this kind: `direct udp`, or `direct` over anything. */
  async awaitPath(kind: string): Promise<void> {
    for (const side of SIDES) {
      await this.#await(`${side} to have "${kind}"`, async () => {
        const [path, ...more] = await this.paths(side)
        return more.length === 0 && `${path ?? ''} `.startsWith(`${kind} `)
      })
    }
  }

  /** Waits until a side has no connection to the other. */
  async awaitNoPath(side: Side): Promise<void> {
    await this.#await(`${side} to have no path`, async () => (await this.paths(side)).length === 0)
  }

  async awaitReason(why: string): Promise<void> {
    await this.#await(`the reason ${why}`, async () => (await this.whyNotDirect('a')) === why)
  }

  /** Waits until each side holds that many reservations, and says no other. */
  async awaitReservations(count: number): Promise<void> {
    for (const side of SIDES) {
      await this.#await(`${side} to hold ${count} reservations`, async () => (await this.mesh(side).call('status')).nat.relays.length === count)
    }
  }

  /** Waits until a message of each side that is sent from now on has arrived. */
  async awaitEcho(): Promise<void> {
    for (const [from, to] of [['a', 'b'], ['b', 'a']] as const) {
      const text = `echo ${performance.now()}`
      await this.mesh(from).call('sendMessage', { to: this.mesh(to).peerId, text })
      await this.#await(`"${text}" to arrive`, async () => await Promise.resolve(this.mesh(to).received.some(message => message.text === text)))
    }
  }

  async paths(side: Side): Promise<string[]> {
    const other = this.#other(side).peerId
    const { connections } = await this.mesh(side).call('networkInfo')
    return connections.filter(({ peerId }) => peerId === other).map(({ path, transport }) => `${path} ${transport}`)
  }

  async whyNotDirect(side: Side): Promise<string | undefined> {
    const other = this.#other(side).peerId
    return (await this.mesh(side).call('listPeers')).find(({ peerId }) => peerId === other)?.whyNotDirect
  }

  /** Ten messages a second each way from now on; the function ends them, and checks that each arrived, and once. */
  talk(): () => Promise<number> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#over.signal])
    const sides = Promise.allSettled(SIDES.map(async side => await this.#sendFrom(side, signal)))
    return async () => {
      over.abort()
      return (await sides).reduce((sum, side) => {
        if (side.status === 'rejected') throw side.reason
        return sum + side.value
      }, 0)
    }
  }

  log(side: Side): string {
    return this.mesh(side).log.items.map(({ message }) => `${side}: ${message}`).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    for (const mesh of this.#meshes.values()) await mesh.kill()
    await this.relay.kill()
    await this.lab.stop()
    await rm(this.#folders, { recursive: true, force: true })
  }

  #other(side: Side): MeshProcess {
    return this.mesh(side === 'a' ? 'b' : 'a')
  }

  async #await(what: string, probe: () => Promise<boolean>): Promise<void> {
    try {
      await until(probe, { what, timeoutMs: WAIT_MS })
    } catch (error) {
      const paths = await Promise.all(SIDES.map(async side => `${side} has ${(await this.paths(side)).join()}\n${this.log(side)}`))
      throw new Error(`${String(error)}\n${paths.join('\n')}`, { cause: error })
    }
  }

  async #start(side: Side): Promise<void> {
    const config = { ...UNLIMITED, enableUPnP: true, listenAddrs: ['/ip4/0.0.0.0/tcp/0'], relayList: this.relay.addresses }
    const mesh = await MeshProcess.start({ name: side, stateDir: join(this.#folders, side), config }, command => this.lab.exec(side, command))
    this.#meshes.set(side, mesh)
    await mesh.log.waitFor('a reservation', lines => lines.find(({ message }) => message.startsWith('Relay reservation made')))
  }

  async #sendFrom(side: Side, signal: AbortSignal): Promise<number> {
    const [from, to] = [this.mesh(side), this.#other(side)]
    const sent: Array<Promise<Error | undefined>> = []
    const texts: string[] = []
    const beats = setInterval(BEAT_MS)[Symbol.asyncIterator]()
    while (!signal.aborted) {
      await beats.next()
      texts.push(`${side} ${texts.length}`)
      sent.push(from.call('sendMessage', { to: to.peerId, text: texts.at(-1) ?? '' }).then(() => undefined, toError))
    }
    await beats.return?.()
    assert.deepEqual((await Promise.all(sent)).filter(failure => failure !== undefined), [])
    await to.waitForText(texts.at(-1) ?? 'first')
    const arrived = (): string[] => to.received.map(({ text }) => text).filter(text => text.startsWith(`${side} `))
    await until(() => arrived().length >= texts.length, { what: `${texts.length} messages`, timeoutMs: WAIT_MS })
    assert.deepEqual(arrived().toSorted(), texts.toSorted())
    return texts.length
  }
}
