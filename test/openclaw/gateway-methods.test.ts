import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { registerGatewayMethods } from '../../src/openclaw/gateway-methods.ts'
import { goLive } from '../support/fake-host.ts'
import { FakeMesh, STATUS } from '../support/fake-mesh.ts'

type Register = OpenClawPluginApi['registerGatewayMethod']
type Handler = Parameters<Register>[1]

function methods(): Map<string, { handler: Handler, scope: string | undefined }> {
  const made = new Map<string, { handler: Handler, scope: string | undefined }>()
  registerGatewayMethods({
    registerGatewayMethod: (name, handler, options) => { made.set(name, { handler, scope: options?.scope }) }
  })
  return made
}

async function call(name: string, params: Record<string, unknown>): Promise<unknown> {
  let answer: unknown
  const request = { params, respond: (_ok: boolean, payload: unknown) => { answer = payload } }
  await methods().get(name)?.handler(request as unknown as Parameters<Handler>[0]) // the handler uses these two parts alone
  return answer
}

describe('gateway methods', () => {
  it('need admin rights where the owner decides about others', () => {
    const scopes = [...methods()].map(([name, { scope }]) => `${name} ${scope ?? ''}`)
    const deciding = ['approve', 'block', 'invite', 'join', 'acceptFile']
    assert.deepEqual(scopes.filter(line => line.endsWith('admin')), deciding.map(name => `libp2p-mesh.${name} operator.admin`))
    assert.ok(scopes.includes('libp2p-mesh.send operator.write'))
    assert.ok(scopes.includes('libp2p-mesh.status operator.read'))
  })

  it('answer as to the owner, with details and text', async () => {
    using stack = new DisposableStack()
    stack.use(goLive(new FakeMesh()))
    const answer = await call('libp2p-mesh.status', {})
    assert.partialDeepStrictEqual(Reflect.get(answer as object, 'details'), { ok: true, ...STATUS })
  })

  it('answer with a failure where no node runs', async () => {
    assert.match(JSON.stringify(await call('libp2p-mesh.status', {})), /"ok":false.*NOT_RUNNING/)
  })
})
