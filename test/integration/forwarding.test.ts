/** Two nodes and a chat of bob's owner: what a peer writes appears there, and what the owner answers there reaches the peer. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import type { DeliveryTarget } from '../../src/mesh-api.ts'
import { Forwarder } from '../../src/openclaw/forwarder.ts'
import { publishMesh, retractMesh, type LiveMesh } from '../../src/openclaw/live-mesh.ts'
import { OwnerAnswers, type ChatMessage } from '../../src/openclaw/owner-answers.ts'
import { RunningTurns } from '../../src/openclaw/turns.ts'
import { FakeHost } from '../support/fake-host.ts'
import { befriend, failure, MeshNode } from '../support/mesh-node.ts'
import { until } from '../support/until.ts'

const CHAT: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }

/** Bob's node with his owner's chat beside it, as the gateway puts them together. */
class ChattyNode implements AsyncDisposable {
  readonly host = new FakeHost()
  readonly node: MeshNode
  readonly answers = new OwnerAnswers({ config: this.host.config, targets: () => [CHAT], sendToChannel: this.host.sendToChannel })
  readonly #live: LiveMesh
  readonly #forwarder: Forwarder

  private constructor(node: MeshNode) {
    this.node = node
    this.#live = { mesh: node.mesh, host: this.host, turns: new RunningTurns() }
    this.#forwarder = new Forwarder({ mesh: node.mesh, host: this.host, clock: systemClock })
    publishMesh(this.#live)
    node.mesh.subscribe((event) => { if (event.type === 'forward') this.#forwarder.handle(event) })
  }

  static async start(): Promise<ChattyNode> {
    return new ChattyNode(await MeshNode.start({ name: 'bob', config: { inboundTargets: [CHAT] } }))
  }

  /** The owner quotes what the chat shows under that ID. */
  quote(quotedId: string, text: string): ChatMessage {
    return { channel: 'feishu', accountId: undefined, conversationId: 'user:ou_1', senderId: 'ou_1', messageId: `om_${text}`, text, quotedIds: [quotedId], quotedText: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forwarder.stop()
    retractMesh(this.#live)
    await this.node[Symbol.asyncDispose]()
  }
}

describe('a message to an instance whose owner has a chat', () => {
  it('is delivered when the chat shows it, and its answer comes back as a reply, once', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await ChattyNode.start()
    await befriend(alice, bob.node)
    const { messageId, state, deliveries } = await alice.mesh.sendInstanceMessage({ instance: bob.node.peerId, text: 'lunch?' })
    assert.deepEqual([state, deliveries], ['delivered', [{ ...CHAT, ok: true }]])
    assert.match(bob.host.shown.items[0]?.text ?? '', /^> lunch\?$/m)

    const answer = bob.quote('om_1', 'yes, at noon')
    assert.deepEqual(await bob.answers.handle(answer), { handled: true })
    const { kind, inReplyTo } = await alice.waitForText('yes, at noon')
    assert.deepEqual([kind, inReplyTo], ['reply', messageId])
    assert.match(bob.host.shown.items[1]?.text ?? '', /^✓ alice＠[0-9a-f]{16} has your answer\.$/)

    const afterRestart = new OwnerAnswers({ config: bob.host.config, targets: () => [CHAT], sendToChannel: bob.host.sendToChannel })
    assert.deepEqual(await afterRestart.handle(answer), { handled: true })
    await bob.answers.handle(bob.quote('om_1', 'or at one'))
    await alice.waitForText('or at one')
    assert.deepEqual(alice.received.map(({ text }) => text), ['yes, at noon', 'or at one'])
  })

  it('shows the peer\'s reply to the owner, who may answer that too', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await ChattyNode.start()
    await befriend(alice, bob.node)
    const question = await bob.node.send(alice, 'who are you?')
    await alice.send(bob.node, 'alice', { inReplyTo: question.messageId })
    await bob.host.shown.waitFor('the reply to be shown', shown => shown.some(({ text }) => /^↩️ Reply from alice/.test(text)))
    await until(async () => (await bob.node.mesh.findForwarded('feishu', 'om_1')).length > 0, { what: 'the forward to be noted', timeoutMs: 60_000, intervalMs: 5 })
    await bob.answers.handle(bob.quote('om_1', 'welcome'))
    assert.equal((await alice.waitForText('welcome')).kind, 'reply')
  })

  it('appear in the order in which they were sent', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await ChattyNode.start()
    await befriend(alice, bob.node)
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`)
    await Promise.all(texts.map(async text => alice.send(bob.node, text)))
    await bob.host.shown.waitFor('all to be shown', shown => shown.length === texts.length)
    assert.deepEqual(bob.host.shown.items.map(({ text }) => /^> (.*)$/m.exec(text)?.[1]), texts)
  })

  it('that the chat refuses is not delivered, and the sender learns why', async () => {
    await using alice = await MeshNode.start({ name: 'alice' })
    await using bob = await ChattyNode.start()
    await befriend(alice, bob.node)
    bob.host.channelAnswer = async () => ({ kind: 'failed', error: 'no such chat' })
    const error = await failure(alice.mesh.sendInstanceMessage({ instance: bob.node.peerId, text: 'lunch?' }), 'NOT_FORWARDED')
    assert.deepEqual(error.deliveries, [{ ...CHAT, ok: false, error: 'no such chat' }])
  })
})
