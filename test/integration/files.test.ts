/** Files between real nodes: whole and checked, or not at all; taken by policy, given up by either side. */

import assert from 'node:assert/strict'
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { FREE_DISK_BYTES } from '../../src/config/file-limits.ts'
import { systemDisk, type Disk } from '../../src/files/disk.ts'
import type { CallEntry } from '../../src/mesh-api.ts'
import { fileIs, parts, randomFile, wiredPair } from '../support/files.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { testFolder } from '../support/test-folder.ts'

const MB = 1_000_000

describe('a file to an approved peer', () => {
  it('of 50 MB arrives byte by byte, lands in quarantine with what is known of it, and is told as a message with the file', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob' })
    await befriend(alice, bob)
    const { path, content } = await randomFile(testFolder(t), 50 * MB, 'holiday plan.PDF')
    const sent = await alice.mesh.sendFile({ to: bob.peerId, path, text: 'as promised', waitMs: 120_000 })
    assert.deepEqual({ state: sent.state, bytes: sent.bytes, moved: sent.moved }, { state: 'received', bytes: content.length, moved: content.length })
    const message = await bob.waitForText('as promised')
    const file = message.file ?? assert.fail('the message has no file')
    assert.deepEqual([message.kind, file.name, file.bytes, file.sha256], ['file', 'holiday-plan.PDF', content.length, sent.sha256])
    assert.ok(content.equals(await readFile(file.path)))
    assert.ok(file.path.startsWith(join(bob.stateDir, 'files', 'received')))
    assert.equal((await stat(file.path)).mode & 0o777, 0o400)
    const label = JSON.parse(await readFile(`${dirname(file.path)}.json`, 'utf8')) as Record<string, unknown>
    assert.deepEqual([label['from'], label['bytes'], label['sha256']], [alice.peerId, content.length, sent.sha256])
    const [listed] = (await bob.mesh.inbox({ audience: 'agent' })).messages
    assert.deepEqual(listed?.file, file)
    assert.deepEqual(await parts(bob), [])
    assert.deepEqual([...alice.log.complaints, ...bob.log.complaints], [])
  })

  it('without a byte arrives, too', async (t) => {
    await using pair = await wiredPair()
    const { path } = await randomFile(testFolder(t), 0)
    assert.equal((await pair.alice.mesh.sendFile({ to: pair.bob.peerId, path, waitMs: 120_000 })).state, 'received')
    assert.equal((await pair.bob.events.waitFor('the message', events => events.find(event => event.type === 'message'))).message.file?.bytes, 0)
  })

  it('who is away goes out when he is back', async (t) => {
    await using pair = await wiredPair()
    const { alice, bob, cable } = pair
    cable.cut()
    await alice.waitForPeer('peer-disconnected', bob.peerId)
    const { path } = await randomFile(testFolder(t), MB)
    const waiting = await alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 })
    assert.deepEqual([waiting.state, waiting.error?.code], ['queued', 'UNREACHABLE'])
    cable.join()
    await fileIs(bob, waiting.transferId, 'received')
    await fileIs(alice, waiting.transferId, 'received')
  })
})

describe('a file that is large', () => {
  it('waits until the owner accepts it', async (t) => {
    await using pair = await wiredPair({ bob: { fileLimits: { askAboveBytes: MB } } })
    const { alice, bob } = pair
    const { path, content } = await randomFile(testFolder(t), MB + 1)
    const { transferId, state } = await alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 })
    assert.equal(state, 'asking')
    await fileIs(bob, transferId, 'asking')
    assert.deepEqual(await parts(bob), [])
    await bob.mesh.acceptFile(transferId)
    const { path: kept = '' } = await fileIs(bob, transferId, 'received')
    assert.ok(content.equals(await readFile(kept)))
    await fileIs(alice, transferId, 'received')
  })

  it('is refused by the owner, and its sender learns so', async (t) => {
    await using pair = await wiredPair({ bob: { fileLimits: { askAboveBytes: 0 } } })
    const { alice, bob } = pair
    const { path } = await randomFile(testFolder(t), 10)
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 })
    await bob.mesh.cancelFile(transferId)
    assert.equal((await fileIs(alice, transferId, 'rejected')).error?.code, 'NOT_ALLOWED')
    await failure(bob.mesh.acceptFile('0197c1a2-0000-7000-8000-000000000009'), 'NOT_FOUND')
    await failure(bob.mesh.cancelFile(transferId), 'INVALID_ARGUMENT')
  })

  it('is not taken beyond what the recipient allows, nor sent beyond what the sender does', async (t) => {
    await using pair = await wiredPair({ bob: { fileLimits: { maxBytes: MB, perPeerBytes: MB + 10 } }, alice: { fileLimits: { maxBytes: 3 * MB } } })
    const { alice, bob } = pair
    const folder = testFolder(t)
    const large = await randomFile(folder, 2 * MB, 'large')
    assert.equal((await failure(alice.mesh.sendFile({ to: bob.peerId, path: large.path, waitMs: 120_000 }), 'TOO_LARGE')).reason, 'by-recipient')
    const huge = await randomFile(folder, 4 * MB, 'huge')
    assert.equal((await failure(alice.mesh.sendFile({ to: bob.peerId, path: huge.path }), 'TOO_LARGE')).reason, 'by-us')
    const first = await randomFile(folder, MB, 'first')
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path: first.path, waitMs: 120_000 })
    const second = await randomFile(folder, 11, 'second')
    await failure(alice.mesh.sendFile({ to: bob.peerId, path: second.path, waitMs: 120_000 }), 'QUOTA_EXCEEDED')
    await rm((await fileIs(bob, transferId, 'received')).path ?? '') // the owner took it away
    assert.equal((await alice.mesh.sendFile({ to: bob.peerId, path: second.path, waitMs: 120_000 })).state, 'received')
  })
})

describe('a disk that fills', () => {
  it('ends the file on both sides, and what came of it makes room again', async (t) => {
    const disk: Disk = {
      ...systemDisk,
      openForWriting: async (path) => {
        const file = await systemDisk.openForWriting(path)
        return {
          sync: async () => { await file.sync() }, close: async () => { await file.close() },
          writev: async (pieces, position) => {
            if (position > MB) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
            return await file.writev(pieces, position)
          }
        }
      }
    }
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', disk })
    await befriend(alice, bob)
    const { path } = await randomFile(testFolder(t), 5 * MB)
    const error = await failure(alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 }), 'DISK_FULL')
    assert.deepEqual([error.reason, error.state], ['by-recipient', 'failed'])
    assert.equal((await bob.mesh.transfers({}))[0]?.error?.code, 'DISK_FULL')
    assert.deepEqual(await parts(bob), [])
  })

  it('takes no file that it has no room for', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', disk: { ...systemDisk, freeBytes: async () => Promise.resolve(FREE_DISK_BYTES + MB) } })
    await befriend(alice, bob)
    const folder = testFolder(t)
    const [small, large] = [await randomFile(folder, MB, 'small'), await randomFile(folder, MB + 1, 'large')]
    await failure(alice.mesh.sendFile({ to: bob.peerId, path: large.path, waitMs: 120_000 }), 'DISK_FULL')
    assert.equal((await alice.mesh.sendFile({ to: bob.peerId, path: small.path, waitMs: 120_000 })).state, 'received')
  })
})

describe('a file of a peer', () => {
  it('that is not approved is refused before anything is stored', async (t) => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' } })
    await alice.mesh.addPeer({ recipient: bob.address })
    const { path } = await randomFile(testFolder(t), MB)
    await failure(alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 }), 'NOT_APPROVED')
    await bob.mesh.approvePeer(alice.peerId)
    const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path, waitMs: 120_000 })
    await fileIs(bob, transferId, 'received')
    assert.equal((await bob.mesh.transfers({})).length, 1)
    await failure(alice.mesh.sendFile({ to: bob.peerId, path, callId: '0197c1a2-0000-7000-8000-000000000009' }), 'NO_ACTIVE_CALL')
    await failure(alice.mesh.sendFile({ path }), 'NO_ACTIVE_CALL')
    assert.deepEqual(await parts(bob), [])
  })
})

for (const verb of ['remove', 'block'] as const) {
  describe(`a file of a peer that its recipient's owner ${verb}s in the middle`, () => {
    it('ends there, and nothing of it stays', async (t) => {
      await using pair = await wiredPair()
      const { alice, bob, cable } = pair
      const { path } = await randomFile(testFolder(t), 30 * MB)
      const held = cable.holdAfter(10 * MB)
      const { transferId } = await alice.mesh.sendFile({ to: bob.peerId, path })
      await held
      await bob.mesh[`${verb}Peer`](alice.peerId)
      assert.deepEqual([(await bob.mesh.transfers({ transferId }))[0]?.state, await parts(bob)], ['rejected', []])
      cable.join()
      await fileIs(alice, transferId, 'rejected', 'failed') // by bob's last word, or by what she is told when she tries again
      assert.deepEqual([bob.received, await parts(bob)], [[], []])
    })
  })
}

describe('what an agent may send', () => {
  it('lies under its workspace or the files folder, whatever its path says', async (t) => {
    await using pair = await wiredPair()
    const { alice, bob } = pair
    const folder = testFolder(t)
    const workspace = join(folder, 'workspace')
    await mkdir(workspace)
    const inside = await randomFile(workspace, 10)
    const outside = await randomFile(folder, 10, 'secret')
    await symlink(outside.path, join(workspace, 'link'))
    await symlink(folder, join(workspace, 'way'))
    const send = async (path: string): Promise<string> => (await alice.mesh.sendFile({ to: bob.peerId, path, roots: [workspace], author: 'agent', waitMs: 120_000 })).state
    assert.equal(await send(inside.path), 'received')
    for (const path of [outside.path, join(workspace, 'link'), join(workspace, 'way', 'secret'), join(workspace, '..', 'secret')]) {
      assert.equal((await failure(send(path), 'NOT_ALLOWED')).reason, 'outside')
    }
    await failure(send(join(workspace, 'nothing')), 'NOT_FOUND')
    await failure(send(workspace), 'NOT_ALLOWED')
    await writeFile(join(alice.stateDir, 'files', 'note.txt'), 'to be sent')
    assert.equal(await send(join(alice.stateDir, 'files', 'note.txt')), 'received')
  })
})

describe('a file in a call', () => {
  it('is shown as said in it, and stands in both transcripts', async (t) => {
    await using pair = await wiredPair()
    const { alice, bob } = pair
    const { callId } = await alice.mesh.call({ to: bob.peerId, topic: 'the plan', speaker: 'owner' })
    await bob.mesh.answerCall({ accept: true, speaker: 'owner' })
    await alice.events.waitFor('the answer', events => events.some(event => event.type === 'call' && event.state === 'active'))
    const { path, content } = await randomFile(testFolder(t), MB, 'plan.pdf')
    const sent = await alice.mesh.sendFile({ path, text: 'have a look', waitMs: 120_000 })
    const { call, file } = await bob.waitForText('have a look')
    assert.deepEqual([call?.callId, call?.act], [callId, 'said'])
    await bob.events.waitFor('the call to tell of it', events => events.filter(event => event.type === 'call').length >= 3)
    const [ours, theirs] = await Promise.all([fileIn(alice, callId), fileIn(bob, callId)])
    const noted = { name: 'plan.pdf', bytes: content.length, sha256: sent.sha256 }
    assert.deepEqual(ours.file, noted)
    assert.deepEqual(theirs.file, { ...noted, path: file?.path })
    assert.deepEqual([ours.from, ours.text, ours.seq], [theirs.from, theirs.text, theirs.seq])
  })
})

/** What the transcript says about the file. */
async function fileIn({ mesh }: MeshNode, callId: string): Promise<CallEntry> {
  const { entries } = await mesh.transcript({ callId })
  return entries.find(({ kind }) => kind === 'file') ?? assert.fail('the transcript has no file')
}
