import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import { RPC } from '@libp2p/gossipsub/message'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { BROADCAST_BYTES_OF_STRANGERS, GOSSIP_DEGREE } from '../../src/config/broadcast-limits.ts'
import { MeshError } from '../../src/lib/errors.ts'
import { BroadcastProtocol } from '../../src/protocols/broadcast-protocol.ts'
import { GossipPeer } from '../support/gossip-peer.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'

const TOPIC = 'topic'

/** A node whose owner approved some peers, and that everybody comes to for more than a question, except for passers-by. */
async function startNode({ approved = [], passersBy = new Set() }: { approved?: readonly string[], passersBy?: ReadonlySet<string> } = {}) {
  const log = new LogRecorder()
  const texts = new Recorder<string>()
  const started = Promise.withResolvers<BroadcastProtocol>()
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()],
    services: {
      identify: identify(),
      broadcasts: (components: GossipSubComponents) => {
        const protocol = new BroadcastProtocol(components, {
          topic: TOPIC, statusOf: peerId => approved.includes(peerId) ? 'approved' : 'unknown', isCompany: peerId => !passersBy.has(peerId.toString()),
          now: Date.now, log, onBroadcast: (_author, { text }) => { texts.add(text) }
        })
        started.resolve(protocol)
        return protocol
      }
    }
  })
  const protocol = await started.promise
  const publish = async (text: string): Promise<number> => await protocol.publish(TOPIC, { id: randomUUID(), sentAt: Date.now(), hops: 0, text })
  return { libp2p, protocol, log, texts, publish, [Symbol.asyncDispose]: async () => { await libp2p.stop() } }
}

type Node = Awaited<ReturnType<typeof startNode>>

/** Whom these nodes have identified, once for each connection. */
function identifications(...nodes: Node[]): Recorder<string> {
  const identified = new Recorder<string>()
  for (const { libp2p } of nodes) libp2p.addEventListener('peer:identify', ({ detail }) => { identified.add(detail.peerId.toString()) })
  return identified
}

/** Resolves when what the node broadcasts goes to that many neighbours. */
async function waitForNeighbours(node: Node, count: number, text = 'hello'): Promise<void> {
  await until(async () => await node.publish(text) === count, { what: `${String(count)} neighbours`, timeoutMs: 60_000, intervalMs: 300 })
}

describe('BroadcastProtocol', () => {
  it('goes on over another connection when the one in use breaks, in both directions', async () => {
    await using alice = await startNode()
    await using bob = await startNode()
    const first = await alice.libp2p.dial(bob.libp2p.getMultiaddrs())
    for (const node of [alice, bob]) await waitForNeighbours(node, 1)
    await alice.libp2p.dial(bob.libp2p.getMultiaddrs(), { force: true })
    assert.equal(alice.libp2p.getConnections(bob.libp2p.peerId).length, 2)
    first.abort(new Error('the cable is pulled'))
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      await until(async () => {
        await from.publish('still there?')
        return to.texts.items.includes('still there?')
      }, { what: 'a broadcast over the other connection', timeoutMs: 60_000, intervalMs: 300 })
    }
  })

  it('opens no stream between two that are connected for a question only, until one of them is company', async () => {
    const passersBy = new Set<string>()
    await using alice = await startNode({ passersBy })
    await using bob = await startNode({ passersBy })
    await using carol = await startNode()
    const [asker, asked] = [alice.libp2p.peerId, bob.libp2p.peerId]
    for (const peerId of [asker, asked]) passersBy.add(peerId.toString())
    const identified = identifications(alice, bob)
    await alice.libp2p.dial(bob.libp2p.getMultiaddrs())
    await identified.waitFor('both to know what the other speaks', ids => ids.length === 2)
    await alice.libp2p.dial(carol.libp2p.getMultiaddrs())
    await until(async () => await alice.publish('among us') > 0, { what: 'a neighbour', timeoutMs: 60_000, intervalMs: 300 })
    assert.deepEqual(alice.libp2p.getConnections(asked).flatMap(({ streams }) => streams.map(({ protocol }) => protocol)).filter(isGossip), [])
    passersBy.delete(asked.toString())
    alice.protocol.handleMet(asked)
    await waitForNeighbours(alice, 2, 'to both')
    await bob.texts.waitFor('a broadcast', texts => texts.find(text => text === 'to both'))
  })

  it('is not lost when it is sent just as the connection in use breaks, in both directions', async () => {
    await using alice = await startNode()
    await using bob = await startNode()
    const identified = identifications(alice, bob)
    const first = await alice.libp2p.dial(bob.libp2p.getMultiaddrs())
    for (const node of [alice, bob]) await waitForNeighbours(node, 1)
    await alice.libp2p.dial(bob.libp2p.getMultiaddrs(), { force: true })
    await identified.waitFor('both ends of both connections to be identified', ids => ids.length === 4)
    first.abort(new Error('the cable is pulled'))
    await Promise.all([[alice, bob], [bob, alice]].map(async ([from, to]) => {
      await from?.publish('in the dark')
      await to?.texts.waitFor('a broadcast', texts => texts.includes('in the dark'))
    }))
  })

  it('reaches a neighbour that gossipsub grafts after it was passed on', async () => {
    await using raw = new AsyncDisposableStack()
    await using hub = await startNode()
    await using author = await startNode()
    const [address] = hub.libp2p.getMultiaddrs().map(String)
    assert.ok(address !== undefined)
    const peers = await Promise.all(Array.from({ length: GOSSIP_DEGREE.Dlo + 1 }, async () => raw.use(await GossipPeer.start())))
    const [late, ...early] = peers
    assert.ok(late !== undefined)
    for (const peer of early) {
      await peer.join(address, TOPIC)
      await peer.frames.waitFor('a graft', frames => frames.some(frame => controlIn(frame).graft.length > 0))
    }
    await author.libp2p.dial(hub.libp2p.getMultiaddrs())
    const write = await late.join(address, TOPIC)
    await waitForNeighbours(hub, peers.length + 1)
    await waitForNeighbours(author, 1)

    await author.publish('in passing')
    await hub.texts.waitFor('a broadcast', texts => texts.includes('in passing'))
    write(controlFrame({ graft: [{ topicID: TOPIC }] }))
    const passed = await early[0]?.waitForFrame('in passing')
    assert.ok(passed !== undefined)
    const [seqno] = RPC.decode(passed).messages.map(message => message.seqno)
    assert.ok(seqno !== undefined)
    const id = await late.frames.waitFor('it to be told of', frames => frames.flatMap(frame => controlIn(frame).ihave.flatMap(({ messageIDs }) => messageIDs)).find(bytes => Buffer.from(bytes).subarray(-seqno.byteLength).equals(seqno)))
    write(controlFrame({ iwant: [{ messageIDs: [id] }] }))
    await late.waitForFrame('in passing')
  })

  it('hears friends when strangers, however many, broadcast more than all of them together may', async () => {
    await using strangers = new AsyncDisposableStack()
    await using friend = await startNode()
    await using bob = await startNode({ approved: [friend.libp2p.peerId.toString()] })
    const text = 'x'.repeat(16_000)
    let sent = 0
    const flood = async (): Promise<void> => {
      const stranger = strangers.use(await startNode())
      await stranger.libp2p.dial(bob.libp2p.getMultiaddrs())
      await waitForNeighbours(stranger, 1)
      while (await isTaken(stranger.publish(text))) sent += 1
    }
    const ignored = (): number => bob.log.matching(/was ignored: too many of authors that are not approved$/).length
    while (sent * text.length <= BROADCAST_BYTES_OF_STRANGERS) await flood()
    await until(() => bob.texts.items.filter(item => item === text).length + ignored() >= sent, { what: 'all of it to arrive', timeoutMs: 120_000 })
    assert.ok(ignored() > 0)
    assert.ok(bob.texts.items.length * text.length < BROADCAST_BYTES_OF_STRANGERS + 100 * text.length)

    await friend.libp2p.dial(bob.libp2p.getMultiaddrs())
    await waitForNeighbours(friend, 1, 'from a friend')
    await bob.texts.waitFor('the friend\'s words', texts => texts.find(item => item === 'from a friend'))
  })

  it('tells when this node has broadcast as much as others take', async () => {
    await using alice = await startNode()
    const text = 'x'.repeat(16_000)
    await assert.rejects(async () => { for (let count = 0; count < 1_201; count++) await alice.publish(text) }, { code: 'RATE_LIMITED' })
  })
})

function controlIn(frame: Uint8Array): RPC.ControlMessage {
  return RPC.decode(frame).control ?? control({})
}

function controlFrame(parts: Partial<RPC.ControlMessage>): Uint8Array {
  return RPC.encode({ control: control(parts) })
}

function control(parts: Partial<RPC.ControlMessage>): RPC.ControlMessage {
  return { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...parts }
}

function isGossip(protocol: string): boolean {
  return protocol.startsWith('/meshsub/')
}

/** Whether it was published: false once the author has used up what it may send. */
async function isTaken(publishing: Promise<number>): Promise<boolean> {
  try {
    await publishing
    return true
  } catch (error) {
    if (error instanceof MeshError && error.code === 'RATE_LIMITED') return false
    throw error
  }
}
