import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, it } from 'node:test'
import type { OpenClawConfig, PluginRuntime } from 'openclaw/plugin-sdk/channel-core'
import type { MeshConfig } from '../../src/config/resolve.ts'
import type { DeliveryTarget, ForwardOutcome } from '../../src/mesh-api.ts'
import { resolveAccount, type StartContext } from '../../src/openclaw/account.ts'
import { runAccount, type MeshParts } from '../../src/openclaw/gateway.ts'
import { findMesh, requireMesh } from '../../src/openclaw/live-mesh.ts'
import { policyKey, STRANGER } from '../../src/openclaw/host.ts'
import { FakeHost } from '../support/fake-host.ts'
import { FakeMesh, inboundMessage, INVITE, JOINED, PEER, SELF } from '../support/fake-mesh.ts'
import { LogRecorder } from '../support/log-recorder.ts'
import { Recorder } from '../support/recorder.ts'
import { until } from '../support/until.ts'

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }
const FORWARDING = { plugins: { entries: { 'libp2p-mesh': { config: { inboundChannel: 'feishu', inboundTarget: 'user:ou_1' } } } } }

type MutateParams = Parameters<PluginRuntime['config']['mutateConfigFile']>[0]
type MutateContext = Parameters<MutateParams['mutate']>[1]
type Status = Parameters<StartContext['setStatus']>[0]

/** One run of the account, as the gateway would do it. */
class Run {
  readonly log = new LogRecorder()
  readonly statuses = new Recorder<Status>()
  readonly mesh: FakeMesh
  /** Where the owner's channels are. */
  readonly host = new FakeHost()
  parts: MeshParts | undefined
  readonly written: OpenClawConfig = {}
  readonly #abort = new AbortController()
  readonly #cfg: OpenClawConfig

  constructor(cfg: OpenClawConfig = {}, mesh = new FakeMesh()) {
    this.#cfg = cfg
    this.mesh = mesh
  }

  get config(): MeshConfig | undefined {
    return this.parts?.config
  }

  async run(): Promise<void> {
    const context = {
      cfg: this.#cfg,
      accountId: 'default',
      account: resolveAccount(this.#cfg),
      abortSignal: this.#abort.signal,
      log: this.log,
      getStatus: () => this.statuses.items.at(-1) ?? { accountId: 'default' },
      setStatus: (status: Status) => { this.statuses.add(status) }
    } as unknown as StartContext // the parts of the host that the account uses
    const runtime = {
      config: { current: () => this.#cfg, mutateConfigFile: async ({ mutate }: MutateParams) => ({ result: await mutate(this.written, {} as MutateContext) }) },
      state: { resolveStateDir: () => '/state' },
      channel: { activity: { record: () => undefined } }
    } as unknown as PluginRuntime
    await runAccount(context, {
      runtime: () => runtime,
      createMesh: async (parts) => {
        this.parts = parts
        return this.mesh
      },
      sendToChannel: this.host.sendToChannel,
      createRunner: () => ({ route: () => ({ agentId: 'main', sessionKey: 's' }), run: async ({ text }) => ({ text: `re: ${text}` }) })
    })
  }

  async ready(): Promise<void> {
    await this.statuses.waitFor('the account to be ready', all => all.some(({ lifecycle }) => lifecycle === 'ready'))
  }

  stop(): void {
    this.#abort.abort()
  }
}

async function answered(mesh: FakeMesh): Promise<void> {
  await until(() => mesh.sent.length === 1 && mesh.finished.length === 1, { what: 'the turn to end', timeoutMs: 10_000, intervalMs: 5 })
}

describe('a public node', () => {
  it('takes all tools from the turns of strangers when it starts; another one writes nothing', async () => {
    for (const role of ['public', 'personal']) {
      const run = new Run({ plugins: { entries: { 'libp2p-mesh': { config: { role } } } } })
      const running = run.run()
      await run.ready()
      if (role === 'public') await run.log.waitFor(/Turns of strangers have no tools/)
      run.stop()
      await running
      assert.deepEqual(run.written, role === 'public' ? { tools: { toolsBySender: { [policyKey(STRANGER)]: { deny: ['*'] } } } } : {})
    }
  })
})

describe('the account in the gateway', () => {
  it('starts the node with nothing configured, says so, and stays until the host aborts', async () => {
    const account = new Run()
    const running = account.run()
    await account.ready()
    assert.equal(requireMesh().mesh, account.mesh)
    assert.equal(account.parts?.stateDir, '/state/libp2p')
    assert.deepEqual(account.config?.discovery, ['mdns'])
    const { running: isRunning, connected, identity, lastError } = account.statuses.items.at(-1) ?? {}
    assert.deepEqual([isRunning, connected, identity, lastError], [true, true, SELF, null])
    account.stop()
    await running
    assert.deepEqual(account.mesh.lives, ['start', 'stop'])
    assert.equal(account.mesh.listeners, 0)
    assert.equal(findMesh(), undefined)
    assert.equal(account.statuses.items.at(-1)?.lifecycle, 'stopped')
  })

  it('takes the node\'s settings and the access policy from their places', async () => {
    const account = new Run({
      plugins: { entries: { 'libp2p-mesh': { config: { discovery: 'mdns', bootstrapList: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`] } } } },
      channels: { 'libp2p-mesh': { dmPolicy: 'allowlist', allowFrom: [PEER] } }
    })
    const running = account.run()
    await account.ready()
    assert.deepEqual([account.config?.dmPolicy, account.config?.allowFrom], ['allowlist', [PEER]])
    assert.equal(account.log.matching(/bootstrapList is unused/, 'warn').length, 1)
    account.stop()
    await running
  })

  it('refuses a bad value for good, in the status and to whoever asks later', async () => {
    const account = new Run({ plugins: { entries: { 'libp2p-mesh': { config: { discoverRelays: true } } } } })
    await assert.rejects(account.run(), { code: 'INVALID_ARGUMENT' })
    const { lifecycle, terminalDisconnect, lastError } = account.statuses.items.at(-1) ?? {}
    assert.deepEqual([lifecycle, terminalDisconnect], ['blocked', true])
    assert.match(lastError ?? '', /config\.discoverRelays: true .*a whole number/)
    assert.throws(requireMesh, { message: /config\.discoverRelays: true .*a whole number/ })
    assert.deepEqual(account.mesh.lives, [])
  })

  it('lets the host try again after any other failure', async () => {
    const account = new Run({}, new FakeMesh({ start: async () => { throw new Error('port taken') } }))
    await assert.rejects(account.run(), /port taken/)
    assert.deepEqual(account.statuses.items.map(({ lifecycle }) => lifecycle), [])
  })

  it('stops the node when the start fails half way', async () => {
    const account = new Run({}, new FakeMesh({ status: async () => { throw new Error('disk full') } }))
    await assert.rejects(account.run(), /disk full/)
    assert.deepEqual(account.mesh.lives, ['start', 'stop'])
  })

  it('logs a message on one line, cut, and answers it', async () => {
    const account = new Run({ tools: { toolsBySender: { [policyKey(PEER)]: { deny: ['*'] } } } })
    const running = account.run()
    await account.ready()
    const text = `hello\n[libp2p-mesh] forged\u001b[2J${'x'.repeat(300)}`
    account.mesh.stored.push(inboundMessage({ text }))
    account.mesh.emit({ seq: 1, type: 'message', message: inboundMessage({ text }) })
    const line = await account.log.waitFor(/^Direct message from/)
    assert.ok(line.startsWith(`Direct message from ${PEER}: hello\\n[libp2p-mesh] forged\\u{1b}[2Jxxx`))
    assert.ok(line.length <= `Direct message from ${PEER}: `.length + 200)
    account.log.assertClean()
    await answered(account.mesh)
    account.stop()
    await running
  })

  it('takes up what an earlier run left without logging it again', async () => {
    const mesh = new FakeMesh()
    mesh.stored.push(inboundMessage({ text: 'old' }))
    mesh.openEvents.push({ seq: 0, type: 'message', message: inboundMessage({ text: 'old' }) })
    const account = new Run({ tools: { toolsBySender: { '*': { deny: ['*'] } } } }, mesh)
    const running = account.run()
    await account.ready()
    assert.deepEqual(account.log.matching(/Direct message/), [])
    await answered(mesh)
    account.stop()
    await running
    assert.deepEqual(mesh.sent.map(({ text }) => text), ['re: old'])
  })

  it('handles what a call sets off apart from that call, which may end first', async () => {
    const calls = new AsyncLocalStorage<string>()
    const account = new Run({}, new FakeMesh())
    const seen: Array<string | undefined> = []
    account.log.warn = () => { seen.push(calls.getStore()) }
    const running = calls.run('account', async () => account.run())
    await account.ready()
    calls.run('approve', () => { account.mesh.emit({ seq: 1, type: 'held', peerId: PEER, code: 'ABCD-EFGH', held: 1 }) })
    account.stop()
    await running
    assert.deepEqual(new Set(seen), new Set(['account']))
  })

  it('forwards to the owner\'s channel, apart from the call that set it off, and finishes that before it stops', async () => {
    const calls = new AsyncLocalStorage<string>()
    const mesh = new FakeMesh({ beginForward: async messageId => ({ begun: true, message: inboundMessage({ messageId }) }) })
    const account = new Run(FORWARDING, mesh)
    const answer = Promise.withResolvers<ForwardOutcome>()
    const seen: Array<string | undefined> = []
    account.host.channelAnswer = async () => {
      seen.push(calls.getStore())
      return answer.promise
    }
    const running = calls.run('account', async () => account.run())
    await account.ready()
    assert.deepEqual(account.config?.inboundTargets, [FEISHU])
    calls.run('approve', () => { mesh.emit({ seq: 1, type: 'forward', messageId: 'm1', peerId: PEER, target: FEISHU }) })
    await account.host.shown.waitFor('the message to be shown', shown => shown.length === 1)
    account.stop()
    answer.resolve({ kind: 'sent', platformIds: ['om_1'] })
    await running
    assert.deepEqual([mesh.forwarded.map(({ messageId, outcome }) => [messageId, outcome.kind]), seen], [[['m1', 'sent']], ['account']])
  })

  it('tells the owner\'s channel of a stranger, with nothing that the stranger wrote', async () => {
    const account = new Run(FORWARDING)
    const running = account.run()
    await account.ready()
    account.mesh.emit({ seq: 1, type: 'held', peerId: PEER, code: 'ABCD-EFGH', held: 1 })
    const shown = await account.host.shown.waitFor('the notice', all => all[0])
    assert.deepEqual(shown.target, FEISHU)
    assert.match(shown.text, new RegExp(`^🔔 libp2p mesh: Peer ${PEER} is not approved .* openclaw p2p approve ABCD-EFGH`))
    account.stop()
    await running
  })

  it('takes the tools from the turns of a peer that came with a ticket, and tells the owner which words to compare', async () => {
    const account = new Run(FORWARDING)
    const running = account.run()
    await account.ready()
    account.mesh.emit({ seq: 1, type: 'joined', peerId: PEER, inviteId: INVITE.inviteId, alias: 'bob', safetyWords: JOINED.safetyWords })
    const shown = await account.host.shown.waitFor('the notice', all => all[0])
    assert.deepEqual(account.written.tools?.toolsBySender, { [policyKey(PEER)]: { deny: ['*'] } })
    assert.match(shown.text, new RegExp(`bob \\(${PEER}\\) has joined with your ticket.*apple river stone cloud`, 's'))
    account.stop()
    await running
  })

  it('never logs the text of an unapproved peer, and tells the owner how to let it in', async () => {
    const account = new Run()
    const running = account.run()
    await account.ready()
    account.mesh.emit({ seq: 1, type: 'held', peerId: PEER, code: 'ABCD-EFGH', held: 1 })
    await account.log.waitFor(/openclaw p2p approve ABCD-EFGH/)
    assert.equal(account.log.matching(/unapproved peer waits/, 'warn').length, 1)
    account.stop()
    await running
  })
})
