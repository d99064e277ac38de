/** Processes that are killed in the middle of their work: what a sender was told stays true, and nothing happens twice. */

import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { InboxMessage, SendResult } from '../../src/mesh-api.ts'
import { MeshNode, UNLIMITED } from '../support/mesh-node.ts'
import { MeshProcess, ProcessGoneError } from '../support/mesh-process.ts'
import { waitForRoute } from '../support/route-file.ts'
import { until } from '../support/until.ts'

const ROUNDS = 3
const MESSAGES_A_ROUND = 400
const WIDTH = 32
const TURNS = { turnBudget: { perPeerPerHour: 1_000, perHour: 1_000 } }

async function temporaryFolder(): ReturnType<typeof mkdtempDisposable> {
  return await mkdtempDisposable(join(tmpdir(), 'mesh-crash-'))
}

/** Runs `send` for the texts of one round, several at a time. */
async function sendRound(round: number, send: (text: string) => Promise<unknown>): Promise<void> {
  const texts = Array.from({ length: MESSAGES_A_ROUND }, (_, index) => `round ${round} message ${index}`)
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    for (let text = texts.shift(); text !== undefined; text = texts.shift()) await send(text)
  }))
}

function assertEachOnce(inbox: InboxMessage[], told: Map<string, SendResult>): void {
  const texts = inbox.map(message => message.text ?? '')
  assert.equal(new Set(texts).size, texts.length, 'a message arrived twice')
  const arrived = new Map(inbox.map(message => [message.text, message.messageId]))
  for (const [text, { messageId, state }] of told) {
    assert.ok(state === 'received' || state === 'queued', `${text} is ${state}`)
    assert.equal(arrived.get(text), messageId, `${text} was told ${state} and did not arrive`)
  }
}

describe('a receiver that is killed', () => {
  it('several times in mid-stream gets every message once', async () => {
    await using folder = await temporaryFolder()
    await using alice = await MeshNode.start({ name: 'alice' })
    const startBob = async (): Promise<MeshProcess> => await MeshProcess.start({
      name: 'bob', stateDir: folder.path, config: UNLIMITED, channel: { allowFrom: [alice.peerId] }
    })
    const told = new Map<string, SendResult>()
    let bob = await startBob()
    await alice.mesh.addPeer({ recipient: bob.address, alias: 'bob' })
    for (let round = 1; round <= ROUNDS; round++) {
      const before = bob.received.length
      const sending = sendRound(round, async (text) => { told.set(text, await alice.mesh.sendMessage({ to: 'bob', text })) })
      await bob.events.waitFor('the stream to flow', () => bob.received.length - before >= MESSAGES_A_ROUND / 4)
      await bob.kill()
      await sending
      bob = await startBob()
    }
    await using last = bob
    await until(async () => (await alice.mesh.status()).queued === 0, { what: 'everything to arrive', timeoutMs: 60_000 })
    const { messages } = await last.call('inbox', { audience: 'owner', limit: 10_000 })
    assert.equal(told.size, ROUNDS * MESSAGES_A_ROUND)
    assertEachOnce(messages, told)
    assert.equal(messages.length, told.size)
    for (const { messageId } of told.values()) assert.equal((await alice.mesh.messageStatus(messageId)).state, 'received')
    assert.deepEqual(alice.log.complaints, [])
  })

  it('with a turn begun reports it as uncertain and never begins it again; what nobody took is given out', async () => {
    await using folder = await temporaryFolder()
    await using alice = await MeshNode.start({ name: 'alice' })
    const startBob = async (): Promise<MeshProcess> => await MeshProcess.start({
      name: 'bob', stateDir: folder.path, config: TURNS, channel: { allowFrom: [alice.peerId] }
    })
    await using bob = await startBob()
    const begun = await alice.mesh.sendMessage({ to: bob.address, text: 'delete the old files' })
    const untouched = await alice.mesh.sendMessage({ to: bob.address, text: 'how are you?' })
    const finished = await alice.mesh.sendMessage({ to: bob.address, text: 'what time is it?' })
    assert.equal((await bob.call('claimTurn', finished.messageId)).claimed, true)
    await bob.call('finishTurn', finished.messageId, 'delivered')
    assert.equal((await bob.call('claimTurn', begun.messageId)).claimed, true)
    await waitForRoute(folder.path, alice.peerId)
    await bob.kill()

    await using again = await startBob()
    await alice.waitForState(begun.messageId, 'uncertain')
    assert.deepEqual(again.received.map(message => message.messageId), [untouched.messageId])
    assert.deepEqual(await again.call('claimTurn', begun.messageId), { claimed: false, reason: 'already-taken' })
    assert.equal((await again.call('claimTurn', untouched.messageId)).claimed, true)
    const { messages } = await again.call('inbox', { audience: 'owner' })
    assert.deepEqual(messages.map(message => message.state), ['uncertain', 'received', 'delivered'])
    await again.log.waitFor('a line about the turn', lines => lines.find(line => line.level === 'warn' && line.message.includes(begun.messageId)))
    await alice.waitForState(finished.messageId, 'delivered')
  })

  it('right after an approval has released what was held, once', async () => {
    await using folder = await temporaryFolder()
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await MeshProcess.start({ name: 'bob', stateDir: folder.path })
    const held = await alice.mesh.sendMessage({ to: bob.address, text: 'may I come in?' })
    assert.equal(held.state, 'held')
    await waitForRoute(folder.path, alice.peerId)
    assert.equal((await bob.call('approvePeer', alice.peerId)).released, 1)
    await bob.kill()
    await using again = await MeshProcess.start({ name: 'bob', stateDir: folder.path })
    assert.equal((await again.call('approvePeer', alice.peerId)).released, 0)
    assert.deepEqual(again.received.map(message => message.messageId), [held.messageId])
    await alice.waitForState(held.messageId, 'received')
  })
})

describe('a sender that is killed', () => {
  it('several times in mid-stream delivers everything it called queued or received, once', async () => {
    await using folder = await temporaryFolder()
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' }, config: UNLIMITED })
    const startAlice = async (): Promise<MeshProcess> => await MeshProcess.start({ name: 'alice', stateDir: folder.path })
    const told = new Map<string, SendResult>()
    let alice = await startAlice()
    await alice.call('addPeer', { recipient: bob.address, alias: 'bob' })
    for (let round = 1; round <= ROUNDS; round++) {
      const before = bob.received.length
      const sending = sendRound(round, async (text) => { await tell(alice, text, told) })
      await bob.events.waitFor('the stream to flow', () => bob.received.length - before >= MESSAGES_A_ROUND / 4)
      await alice.kill()
      await sending
      alice = await startAlice()
    }
    await using last = alice
    await until(async () => (await last.call('status')).queued === 0, { what: 'everything to arrive', timeoutMs: 60_000 })
    const { messages } = await bob.mesh.inbox({ audience: 'owner', limit: 10_000 })
    assert.ok(told.size >= ROUNDS)
    assertEachOnce(messages, told)
    assert.equal(bob.received.length, messages.length)
    for (const { messageId } of messages) assert.equal((await last.call('messageStatus', messageId)).state, 'received')
  })

  it('as soon as it said "queued" delivers the message when both are back', async () => {
    await using folder = await temporaryFolder()
    await using bob = await MeshNode.start({ name: 'bob', channel: { dmPolicy: 'open' }, config: UNLIMITED })
    await using alice = await MeshProcess.start({ name: 'alice', stateDir: folder.path })
    await alice.call('addPeer', { recipient: bob.address, alias: 'bob' })
    await bob.stop()
    const results: SendResult[] = []
    for (let index = 0; index < 20; index++) results.push(await alice.call('sendMessage', { to: 'bob', text: `message ${index}` }))
    await alice.kill()
    assert.deepEqual(new Set(results.map(result => result.state)), new Set(['queued']))
    await using again = await MeshProcess.start({ name: 'alice', stateDir: folder.path })
    assert.equal(again.peerId, alice.peerId)
    await bob.start()
    await bob.waitForText('message 19')
    assert.deepEqual(bob.received.map(message => message.messageId), results.map(result => result.messageId))
  })
})

/** Sends a text and notes what the sender was told, unless it died before it could say so. */
async function tell(alice: MeshProcess, text: string, told: Map<string, SendResult>): Promise<void> {
  try {
    told.set(text, await alice.call('sendMessage', { to: 'bob', text }))
  } catch (error) {
    if (!(error instanceof ProcessGoneError)) throw error
  }
}
