import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import type { MultiaddrConnection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { preSharedKey } from '@libp2p/pnet'
import { MAX_UDX_CONNECTIONS } from '../../src/config/nat-limits.ts'
import { UdxConnections } from '../../src/nat/udx-connections.ts'
import type { UdxConnection } from '../../src/nat/udx-connection.ts'
import { UdxSocket, type UdpPort } from '../../src/nat/udx-socket.ts'
import { loadUdx } from '../../src/nat/udx.ts'
import { silentLogger } from '../support/nat/silent-logger.ts'
import { until } from '../support/until.ts'

const PEER = peerIdFromString('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const WAIT = { timeoutMs: 10_000, intervalMs: 10 }

class Side implements AsyncDisposable {
  readonly socket: UdxSocket
  readonly connections: UdxConnections
  readonly datagrams: string[] = []

  private constructor(udx: Awaited<ReturnType<typeof loadUdx>>, ids: () => number) {
    this.socket = new UdxSocket({ udx, port: 0, onDatagram: (bytes) => { this.datagrams.push(Buffer.from(bytes).toString()) }, onDropped: reason => reason })
    this.connections = new UdxConnections({ udx, isMainPort: port => port === this.socket.port(port.family), randomId: ids, logger: silentLogger() })
    this.socket.start()
  }

  static async open(ids = (): number => 1 + Math.floor(Math.random() * 1e9)): Promise<Side> {
    return new Side(await loadUdx(), ids)
  }

  get port(): UdpPort {
    return this.socket.port(4) ?? assert.fail('no port')
  }

  id(): number {
    return this.connections.reserveId() ?? assert.fail('no ID')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connections.stop()
    await this.socket.stop()
  }
}

function connect(one: Side, other: Side): [UdxConnection, UdxConnection] {
  const [id, otherId] = [one.id(), other.id()]
  const attach = (side: Side, peer: Side, ids: [number, number]): UdxConnection => side.connections.attach({
    peerId: PEER, streamId: ids[0], remoteStreamId: ids[1], direction: side === one ? 'outbound' : 'inbound',
    path: { via: side.port, remote: { host: '127.0.0.1', port: peer.port.port, family: 4 } }
  })
  return [attach(one, other, [id, otherId]), attach(other, one, [otherId, id])]
}

function collect(connection: Pick<MultiaddrConnection, 'addEventListener'>): { text: () => string } {
  let text = ''
  connection.addEventListener('message', ({ data }) => { text += Buffer.from(data.subarray()).toString() })
  return { text: () => text }
}

describe('UdxConnection', () => {
  it('carries bytes both ways, beside plain datagrams on the same socket', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    const [ours, theirs] = connect(one, other)
    const [heardHere, heardThere] = [collect(ours), collect(theirs)]
    ours.send(Buffer.from('hello'))
    theirs.send(Buffer.from('hi'))
    one.port.send(Buffer.from('plain'), { host: '127.0.0.1', port: other.port.port, family: 4 })
    await until(() => heardThere.text() === 'hello' && heardHere.text() === 'hi' && other.datagrams.includes('plain'), { what: 'all to arrive', ...WAIT })
    assert.equal(ours.direction, 'outbound')
    assert.match(ours.remoteAddr.toString(), new RegExp(`^/ip4/127.0.0.1/udp/\\d+/p2p/${PEER.toString()}$`))
  })

  it('is protected like any other in a private network: what is sent means nothing without the key', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    await using stranger = await Side.open()
    const key = (digit: string) => preSharedKey({ psk: new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${digit.repeat(64)}`) })()
    const protect = async (digits: [string, string], raw: [UdxConnection, UdxConnection]): Promise<{ text: () => string }> => {
      const [here, there] = await Promise.all(raw.map(async (connection, index) => key(digits[index] ?? '').protect(connection)))
      if (here === undefined || there === undefined) return assert.fail('not protected')
      const heard = collect(there)
      here.send(Buffer.from('among us'))
      return heard
    }
    const friends = await protect(['a', 'a'], connect(one, other))
    const strangers = await protect(['a', 'b'], connect(one, stranger))
    await until(() => friends.text() === 'among us' && strangers.text() !== '', { what: 'both texts', ...WAIT })
    assert.notEqual(strangers.text(), 'among us')
  })

  it('closes in order on both sides when one closes', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    const [ours, theirs] = connect(one, other)
    const heard = collect(theirs)
    ours.send(Buffer.from('last words'))
    await ours.close()
    await until(() => theirs.status === 'closed', { what: 'the other side to close', ...WAIT })
    assert.equal(heard.text(), 'last words')
    await until(() => one.connections.size + other.connections.size === 0, { what: 'both to be forgotten', ...WAIT })
  })

  it('tells the other side when it is cut', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    const [ours, theirs] = connect(one, other)
    collect(theirs)
    ours.send(Buffer.from('x'))
    await until(() => theirs.readStatus === 'readable', { what: 'the stream', ...WAIT })
    ours.abort(new Error('enough'))
    await until(() => theirs.status !== 'open', { what: 'the end', ...WAIT })
  })

  it('goes on over another port after a move, and frees the one it left', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    const [ours, theirs] = connect(one, other)
    const heard = collect(theirs)
    ours.send(Buffer.from('before, '))
    await until(() => heard.text() === 'before, ', { what: 'the first half', ...WAIT })
    const [first, second] = [one.socket.openExtra(), one.socket.openExtra()]
    assert.ok(first !== undefined && second !== undefined)
    const closed = once(first.raw as never, 'close')
    for (const via of [first, second]) {
      await ours.move({ via, remote: ours.path.remote })
      await theirs.move({ via: other.port, remote: { host: '127.0.0.1', port: via.port, family: 4 } })
    }
    ours.send(Buffer.from('after'))
    await until(() => heard.text() === 'before, after', { what: 'the second half', ...WAIT })
    await closed
  })
})

describe('UdxConnections', () => {
  it('gives no ID twice while it is in use, and again when it was released', async () => {
    let next = 0
    await using side = await Side.open(() => [7, 7, 8][next++ % 3] ?? 9)
    assert.deepEqual([side.id(), side.id()], [7, 8])
    side.connections.releaseId(7)
    assert.equal(side.id(), 7)
  })

  it('has a bound', async () => {
    await using side = await Side.open()
    for (let count = 0; count < MAX_UDX_CONNECTIONS; count++) side.id()
    assert.equal(side.connections.reserveId(), undefined)
  })

  it('finds the newest live connection of a peer', async () => {
    await using one = await Side.open()
    await using other = await Side.open()
    assert.equal(one.connections.of(PEER), undefined)
    const [first] = connect(one, other)
    const [second] = connect(one, other)
    assert.equal(one.connections.of(PEER), second)
    second.abort(new Error('gone'))
    assert.equal(one.connections.of(PEER), first)
  })
})

describe('UdxSocket', () => {
  it('takes another port when the preferred one is in use', async () => {
    await using taken = await Side.open()
    const socket = new UdxSocket({ udx: await loadUdx(), port: taken.port.port, onDatagram: () => assert.fail('no datagram was due'), onDropped: reason => reason })
    socket.start()
    assert.notEqual(socket.number, taken.port.port)
    assert.ok(socket.number > 0)
    await socket.stop()
    await socket.stop()
  })
})
