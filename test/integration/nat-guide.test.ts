/** Ladder 1 of TESTING_NAT.md with its own commands, configuration and log lines: a relay process, and two nodes that only it connects. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { MeshNode } from '../support/mesh-node.ts'
import { blocksOf, configsIn, patternOf, relayCommands, sectionOf } from '../support/nat-guide.ts'
import { ownLoopback, runCommand } from '../support/relay-command.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

const PATIENT = { timeoutMs: 120_000 }
const PEER_ID = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'

it('ladder 1 of the NAT guide goes as it says', async (t) => {
  const ladder = sectionOf('Ladder 1')
  const host = ownLoopback()
  const [args = []] = relayCommands(ladder)
  const [ofRelay = [], ofGateway = [], ofPath = [], ofLoss = []] = blocksOf(ladder, 'log').map(lines => lines.map(line => patternOf(line.replace('127.0.0.1', host))))
  const folder = join(testFolder(t), 'relay')
  const startRelay = async () => {
    const relay = runCommand(...args.map(arg => arg.replace('127.0.0.1', host).replace('./relay', folder)))
    for (const pattern of ofRelay) await relay.child.log.waitFor(pattern, PATIENT)
    return { child: relay.child, address: /^Relay address: (\S+)$/m.exec(relay.out.text)?.[1] ?? '' }
  }
  const { child: first, address } = await startRelay()
  const [config = {}] = configsIn(ladder, PEER_ID)
  const node = async (name: string): Promise<MeshNode> => await MeshNode.start({ name, config: { ...config, relayList: [address] } })
  await using anna = await node('anna')
  await using ben = await node('ben')
  for (const { log } of [anna, ben]) for (const pattern of ofGateway) await log.waitFor(pattern)

  await anna.mesh.approvePeer(ben.peerId)
  await ben.mesh.approvePeer(anna.peerId)
  await anna.mesh.addPeer({ recipient: `${address}/p2p-circuit/p2p/${ben.peerId}`, alias: 'ben' })
  assert.equal((await anna.mesh.sendMessage({ to: 'ben', text: 'Hello over the relay' })).state, 'received')
  for (const { log } of [anna, ben]) for (const pattern of ofPath) await log.waitFor(pattern)
  await until(async () => {
    const { path, transport } = await anna.mesh.ping(ben.peerId)
    return path === 'direct' && transport === 'udp'
  }, { what: 'a ping over the direct path', ...PATIENT })

  assert.deepEqual(await first.stop(), { code: 0, signal: null })
  assert.match(first.log.text, /^Stopped\.$/m)
  for (const { log } of [anna, ben]) for (const pattern of ofLoss) await log.waitFor(pattern)
  assert.equal((await anna.mesh.sendMessage({ to: 'ben', text: 'Hello without the relay' })).state, 'received')

  const { child: second, address: again } = await startRelay()
  assert.equal(again, address)
  for (const { mesh } of [anna, ben]) await until(async () => (await mesh.status()).nat.relays.length === 1, { what: 'the reservation', ...PATIENT })
  assert.equal((await second.stop()).code, 0)
})
