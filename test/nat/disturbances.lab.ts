/** What two meshes survive that talk all the time: no message is lost or doubled, and the best path there can be is found again. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cellsAtATime } from '../support/nat/lab-options.ts'
import { MeshCell } from '../support/nat/mesh-cell.ts'
import type { NatKind } from '../support/nat/nat-kind.ts'
import { NatLab } from '../support/nat/nat-lab.ts'

const skip = NatLab.whyNot() ?? false

interface Disturbance {
  name: string
  /** Kinds of the NATs of A and B. */
  pair: string
  path: 'direct udp' | 'direct tcp' | 'relay tcp'
  /** What is enough afterwards. @default the same */
  after?: string
  disturb: (cell: MeshCell) => Promise<void>
}

const DISTURBANCES: Disturbance[] = [
  { name: 'a NAT that gives the connection another port', pair: 'aa', path: 'direct udp', disturb: rebind },
  { name: 'a gateway that restarts where UDP is blocked', pair: 'ee', path: 'direct tcp', disturb: reboot },
  { name: 'a gateway that restarts and has forgotten every connection', pair: 'ac', path: 'direct udp', disturb: reboot },
  { name: 'a host whose network is away for a while', pair: 'aa', path: 'direct udp', disturb: unplug },
  { name: 'a relay that goes away after the punch and comes back', pair: 'aa', path: 'direct udp', disturb: loseRelay },
  { name: 'a relay that restarts under meshes with no other way', pair: 'cc', path: 'relay tcp', disturb: restartRelay },
  { name: 'a relay that is killed', pair: 'cc', path: 'relay tcp', disturb: killRelay },
  { name: 'a direct path that dies while nothing can replace it', pair: 'aa', path: 'direct udp', after: 'direct', disturb: blockUdp }
]

describe('two meshes that talk', { concurrency: cellsAtATime(), skip }, () => {
  for (const { name, pair, path, after = path, disturb } of DISTURBANCES) {
    test(`survive ${name}`, async () => {
      await using cell = await MeshCell.create({ a: pair[0] as NatKind, b: pair[1] as NatKind })
      await cell.meet()
      const end = cell.talk()
      await cell.awaitPath(path)
      const startedAt = performance.now()
      await disturb(cell)
      await cell.awaitEcho()
      const echoMs = performance.now() - startedAt
      await cell.awaitPath(after)
      const pathMs = performance.now() - startedAt
      console.log(`${name} (${pair}): messages pass again after ${Math.round(echoMs)} ms, ${after} after ${Math.round(pathMs)} ms; ${await end()} messages`)
    })
  }
})

async function rebind(cell: MeshCell): Promise<void> {
  const { nat } = await cell.mesh('a').call('status')
  await cell.lab.rebind('a', nat.udpPort)
}

async function reboot(cell: MeshCell): Promise<void> {
  await cell.lab.reboot('a')
}

async function unplug(cell: MeshCell): Promise<void> {
  await cell.lab.unplug('a')
  await cell.awaitNoPath('b')
  await cell.lab.replug('a')
}

async function loseRelay(cell: MeshCell): Promise<void> {
  await cell.relay.stop()
  await cell.awaitReservations(0)
  assert.deepEqual(await cell.paths('a'), ['direct udp'])
  await cell.relay.start()
  await cell.awaitReservations(1)
}

async function restartRelay(cell: MeshCell): Promise<void> {
  await cell.relay.stop()
  await cell.awaitReservations(0)
  await cell.relay.start()
  await cell.awaitReservations(1)
}

async function killRelay(cell: MeshCell): Promise<void> {
  await cell.relay.kill()
  await cell.relay.start()
  await cell.awaitReservations(1)
}

/** Down to the relay and up again. */
async function blockUdp(cell: MeshCell): Promise<void> {
  await cell.lab.blockDirect('a')
  await cell.awaitPath('relay tcp')
  await cell.awaitEcho()
  await cell.lab.unblockDirect('a')
}
