/** Peers that lie about files: names that would be paths, other bytes than were offered, none at all. */

import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, it } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { FILE_STALL_MS } from '../../src/config/file-limits.ts'
import { FileChannel, type FileFrame, type FileOffer, type FileRefusal } from '../../src/protocols/file-frames.ts'
import { FILE_PROTOCOL } from '../../src/protocols/file-protocol.ts'
import { fileIs, parts } from '../support/files.ts'
import { MeshNode } from '../support/mesh-node.ts'
import { until } from '../support/until.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const LIMIT_MS = 60_000
const CONTENT = Buffer.from('this is the file')

function offerOf(content: Buffer, more: Partial<FileOffer> = {}): FileOffer {
  return { transferId: randomUUID(), name: 'plan.txt', bytes: content.length, text: '', callId: undefined, hops: 0, ...more }
}

/** What follows the bytes of a file. */
function hashOf(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest()
}

interface Scene extends AsyncDisposable {
  clock: ShiftedClock
  bob: MeshNode
  mallory: RawPeer
  visit: () => Promise<FileChannel>
}

/** A connected peer that bob approved, unless told otherwise. */
async function meet({ isApproved = true } = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const clock = new ShiftedClock()
  const bob = stack.use(await MeshNode.start({ name: 'bob', clock, config: { fileLimits: { askAboveBytes: 1_000_000 } } }))
  const mallory = stack.use(await RawPeer.start())
  if (isApproved) await bob.mesh.approvePeer(mallory.peerId)
  const connection: Connection = await mallory.connect(bob.address)
  const held = stack.move()
  return {
    clock, bob, mallory, visit: async () => new FileChannel(await connection.newStream(FILE_PROTOCOL, { maxOutboundStreams: 100 })),
    [Symbol.asyncDispose]: async () => { await held.disposeAsync() }
  }
}

async function answer(channel: FileChannel): Promise<FileFrame> {
  return await channel.read(['go', 'ask', 'done', 'written', 'refusal'], { signal: AbortSignal.timeout(LIMIT_MS) })
}

async function offer(channel: FileChannel, offered: FileOffer): Promise<FileFrame> {
  channel.write({ kind: 'offer', offer: offered })
  return await answer(channel)
}

/** The frame after the reports of what was written. */
async function verdict(channel: FileChannel): Promise<FileFrame> {
  const frame = await answer(channel)
  return frame.kind === 'written' ? await verdict(channel) : frame
}

function refusalIn(frame: FileFrame): FileRefusal {
  return frame.kind === 'refusal' ? frame.refusal : assert.fail(`expected a refusal, got ${frame.kind}`)
}

describe('the name of a file', () => {
  it('leads nowhere but into the folder of that file', async () => {
    await using scene = await meet()
    const { bob, visit } = scene
    const names = [
      '../../../etc/passwd', '/etc/passwd', '..\\..\\evil.exe', '.bashrc', '..', '.', '', 'a/b', 'C:\\x', 'nul', 'a\0b', '\u202Egnp.exe', '\u001b[2Jx', 'x'.repeat(255), '%2e%2e%2f', '日'.repeat(200)
    ]
    for (const name of names) {
      const offered = offerOf(CONTENT, { name })
      const channel = await visit()
      assert.equal((await offer(channel, offered)).kind, 'go', JSON.stringify(name))
      channel.stream.send(Buffer.concat([CONTENT, hashOf(CONTENT)]))
      assert.equal((await verdict(channel)).kind, 'done', JSON.stringify(name))
      await channel.close({ signal: AbortSignal.timeout(LIMIT_MS) })
      const { path = '', name: kept } = await fileIs(bob, offered.transferId, 'received')
      assert.match(kept, /^[\p{L}\p{N}_][\p{L}\p{N}._-]*$/u)
      assert.equal(relative(join(bob.stateDir, 'files', 'received', offered.transferId), path), kept)
      assert.deepEqual(await readFile(path), CONTENT)
    }
    assert.equal((await readdir(join(bob.stateDir, 'files', 'received'))).length, 2 * names.length)
    bob.log.assertClean()
  })
})

describe('a sender', () => {
  it('that lies about the hash is refused, and nothing of the file stays', async () => {
    await using scene = await meet()
    const offered = offerOf(CONTENT)
    const channel = await scene.visit()
    await offer(channel, offered)
    channel.stream.send(Buffer.concat([CONTENT, Buffer.alloc(32)]))
    assert.equal(refusalIn(await verdict(channel)).code, 'HASH_MISMATCH')
    assert.equal((await fileIs(scene.bob, offered.transferId, 'failed')).error?.code, 'HASH_MISMATCH')
    assert.deepEqual(await parts(scene.bob), [])
    assert.deepEqual(scene.bob.received, [])
    assert.equal(refusalIn(await offer(await scene.visit(), offered)).code, 'HASH_MISMATCH')
  })

  it('that sends more than it offered is refused', async () => {
    await using scene = await meet()
    const offered = offerOf(CONTENT)
    const channel = await scene.visit()
    await offer(channel, offered)
    channel.stream.send(Buffer.concat([CONTENT, hashOf(CONTENT), Buffer.from('x')]))
    assert.equal(refusalIn(await verdict(channel)).code, 'TOO_LARGE')
    await fileIs(scene.bob, offered.transferId, 'failed')
    assert.deepEqual(await parts(scene.bob), [])
  })

  it('that sends less goes on later, and the whole is checked', async () => {
    await using scene = await meet()
    const offered = offerOf(CONTENT)
    const channel = await scene.visit()
    await offer(channel, offered)
    channel.stream.send(CONTENT.subarray(0, 5))
    await channel.stream.close()
    await fileIs(scene.bob, offered.transferId, 'queued')
    const again = await scene.visit()
    assert.deepEqual(await offer(again, offered), { kind: 'go', offset: 5 })
    again.stream.send(Buffer.concat([CONTENT, hashOf(CONTENT)])) // more than is missing
    assert.equal(refusalIn(await verdict(again)).code, 'TOO_LARGE')
  })

  it('that changes its mind about bytes it sent before has to send all of them again', async () => {
    await using scene = await meet()
    const offered = offerOf(CONTENT)
    const first = await scene.visit()
    await offer(first, offered)
    first.stream.send(Buffer.from('wrong'))
    await first.stream.close()
    await fileIs(scene.bob, offered.transferId, 'queued')
    const second = await scene.visit()
    await offer(second, offered)
    second.stream.send(Buffer.concat([CONTENT.subarray(5), hashOf(CONTENT)]))
    assert.equal(refusalIn(await verdict(second)).retryAfterMs, 1)
    const third = await scene.visit()
    assert.deepEqual(await offer(third, offered), { kind: 'go', offset: 0 })
    third.stream.send(Buffer.concat([CONTENT, hashOf(CONTENT)]))
    assert.equal((await verdict(third)).kind, 'done')
  })

  it('that offers too much, asks for the owner; he is not asked for another\'s file', async () => {
    await using scene = await meet()
    const { bob, visit } = scene
    const large = offerOf(CONTENT, { bytes: 1_000_001 })
    assert.equal((await offer(await visit(), large)).kind, 'ask')
    assert.equal(refusalIn(await offer(await visit(), { ...large, bytes: 5 })).code, 'INVALID_ARGUMENT')
    assert.equal(refusalIn(await offer(await visit(), offerOf(CONTENT, { bytes: Number.MAX_SAFE_INTEGER }))).code, 'TOO_LARGE')
    await using eve = await RawPeer.start()
    await bob.mesh.approvePeer(eve.peerId)
    const theirs = new FileChannel(await (await eve.connect(bob.address)).newStream(FILE_PROTOCOL))
    assert.equal(refusalIn(await offer(theirs, large)).code, 'INVALID_ARGUMENT')
    assert.equal((await bob.mesh.transfers({})).length, 1)
  })

  it('that sends before it is told to, or writes no frames, is cut off', async () => {
    await using scene = await meet()
    for (const bytes of [randomBytes(64), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from([5, 0xff, 0xff, 0xff, 0xff, 0xff])]) {
      const { stream } = await scene.visit()
      const ended = Promise.withResolvers<undefined>()
      stream.addEventListener('close', () => { ended.resolve(undefined) })
      stream.send(bytes)
      if (stream.status === 'open') await ended.promise
    }
    assert.deepEqual(await scene.bob.mesh.transfers({}), [])
  })

  it('that is not approved is refused before a byte is stored', async () => {
    await using scene = await meet({ isApproved: false })
    assert.equal(refusalIn(await offer(await scene.visit(), offerOf(CONTENT))).code, 'NOT_APPROVED')
    assert.deepEqual(await scene.bob.mesh.transfers({}), [])
    assert.deepEqual(await parts(scene.bob), [])
  })

  it('that is blocked is refused, with what it offered before', async () => {
    await using scene = await meet()
    const { bob, mallory, visit } = scene
    const large = offerOf(CONTENT, { bytes: 1_000_001 })
    assert.equal((await offer(await visit(), large)).kind, 'ask')
    await bob.mesh.blockPeer(mallory.peerId)
    const connection = await mallory.connect(bob.address, { anew: true })
    for (const offered of [large, offerOf(CONTENT)]) {
      assert.equal(refusalIn(await offer(new FileChannel(await connection.newStream(FILE_PROTOCOL)), offered)).code, 'BLOCKED')
    }
    assert.deepEqual((await bob.mesh.transfers({})).map(({ state }) => state), ['rejected'])
  })

  it('that stalls is cut off, and has its place for another file again', async () => {
    await using scene = await meet()
    const { bob, clock, visit } = scene
    const stalling = [offerOf(randomBytes(1_000)), offerOf(randomBytes(1_000))]
    const streams = await Promise.all(stalling.map(async (offered) => {
      const channel = await visit()
      assert.equal((await offer(channel, offered)).kind, 'go')
      channel.stream.send(CONTENT)
      return channel.stream
    }))
    clock.advance(FILE_STALL_MS)
    for (const { transferId } of stalling) assert.equal((await fileIs(bob, transferId, 'queued')).error?.code, 'UNREACHABLE')
    await until(() => streams.every(({ status }) => status !== 'open'), { what: 'the streams to end', timeoutMs: LIMIT_MS })
    const channel = await visit()
    assert.equal((await offer(channel, offerOf(CONTENT))).kind, 'go')
    channel.stream.send(Buffer.concat([CONTENT, hashOf(CONTENT)]))
    assert.equal((await verdict(channel)).kind, 'done')
  })

  it('that opens many streams at a time gets so many files on their way and no more', async () => {
    await using scene = await meet()
    const moving: FileChannel[] = []
    for (let count = 0; count < 2; count++) {
      const channel = await scene.visit()
      assert.equal((await offer(channel, offerOf(randomBytes(1_000)))).kind, 'go')
      moving.push(channel)
    }
    assert.equal(refusalIn(await offer(await scene.visit(), offerOf(randomBytes(1_000)))).code, 'QUEUE_FULL')
  })
})
