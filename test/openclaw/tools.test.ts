import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnyAgentTool, OpenClawPluginApi, OpenClawPluginToolContext } from 'openclaw/plugin-sdk/plugin-entry'
import { ConfigSchema } from '../../src/config/schema.ts'
import { registerTools, TOOL_NAMES } from '../../src/openclaw/tools.ts'
import { goLive } from '../support/fake-host.ts'
import { FakeMesh, PEER } from '../support/fake-mesh.ts'

function tools(context: OpenClawPluginToolContext = {}): Map<string, AnyAgentTool> {
  const made = new Map<string, AnyAgentTool>()
  const registerTool: OpenClawPluginApi['registerTool'] = (factory) => {
    assert.ok(typeof factory === 'function')
    const tool = factory(context)
    assert.ok(tool !== null && tool !== undefined && !Array.isArray(tool))
    made.set(tool.name, tool)
  }
  registerTools({ registerTool })
  return made
}

const sendTool = (context?: OpenClawPluginToolContext): AnyAgentTool => tools(context).get('p2p_send_message') ?? assert.fail('no tool to send with')

describe('tools', () => {
  it('are all registered, each with a label, a description and parameters', () => {
    const made = tools()
    assert.deepEqual([...made.keys()], [...TOOL_NAMES])
    for (const { label, description, parameters } of made.values()) {
      assert.ok(label !== '' && description !== '')
      assert.equal(Reflect.get(parameters, 'type'), 'object')
    }
  })

  it('answer with details and the same as text', async () => {
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh()))
    const result = await sendTool().execute('call-1', { to: PEER, message: 'hi' })
    assert.deepEqual(result.details, { ok: true, messageId: 'out-1', peerId: PEER, state: 'received' })
    assert.deepEqual(result.content.map(part => part.type), ['text'])
  })

  it('return a failure instead of throwing it, also when no node runs', async () => {
    const { details } = await sendTool().execute('call-1', { to: PEER, message: 'hi' })
    assert.equal(Reflect.get(details as object, 'ok'), false)
    assert.match(JSON.stringify(details), /NOT_RUNNING/)
  })

  it('carry on the hops of the peer\'s turn that calls them', async () => {
    using live = goLive(new FakeMesh())
    live.turns.begin('agent:main:libp2p-mesh:direct:peer', 1)
    await sendTool({ sessionKey: 'agent:main:libp2p-mesh:direct:peer' }).execute('call-1', { to: PEER, message: 'hi' })
    await sendTool({ sessionKey: 'agent:main:main' }).execute('call-2', { to: PEER, message: 'hi' })
    assert.deepEqual(live.mesh.sent.map(({ hops }) => hops), [2, 0])
  })

  it('mark results that carry text of peers, and take the time that the longest wait for an ACK or a reply needs', () => {
    const made = tools()
    assert.deepEqual([...made.values()].filter(tool => tool.resultContentSource === 'network').map(({ name }) => name), ['p2p_list_instances', 'p2p_send_message', 'p2p_send_instance_message', 'p2p_message_status', 'p2p_inbox', 'p2p_answer', 'p2p_end_call'])
    const longestWait = Number(Reflect.get(ConfigSchema.properties.deliveryAckTimeoutMs, 'maximum'))
    assert.ok((sendTool().getExecutionTimeoutMs?.({ waitForReplyMs: 300_000 }) ?? 0) > longestWait + 300_000)
    assert.ok((made.get('p2p_send_instance_message')?.getExecutionTimeoutMs?.({}) ?? 0) > longestWait)
  })
})
