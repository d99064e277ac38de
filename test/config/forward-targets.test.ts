import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveConfig, type MeshConfig } from '../../src/config/resolve.ts'

const resolve = (config: unknown): MeshConfig => resolveConfig(config, {}, { hostname: 'office-mac' })
const feishu = { channel: 'feishu', target: 'user:ou_1' }

describe('resolveConfig: forwarding', () => {
  it('is off unless a channel is named, and with an empty list', () => {
    assert.deepEqual(resolve({}).inboundTargets, [])
    assert.deepEqual(resolve({ inboundTargets: [] }).inboundTargets, [])
  })

  it('takes a channel with its target', () => {
    assert.deepEqual(resolve({ inboundChannel: 'feishu', inboundTarget: 'user:ou_1' }).inboundTargets, [feishu])
  })

  it('takes several targets, with accounts, as the channels know them', () => {
    const { inboundTargets, warnings } = resolve({ inboundTargets: [{ channel: ' Feishu ', target: ' user:ou_1' }, { ...feishu, accountId: 'work' }, { channel: 'slack', target: '#mesh' }] })
    assert.deepEqual(inboundTargets, [feishu, { ...feishu, accountId: 'work' }, { channel: 'slack', target: '#mesh' }])
    assert.deepEqual(warnings, [])
  })

  it('lets the list win over the pair, also when it is empty, and says so', () => {
    for (const inboundTargets of [[], [{ channel: 'slack', target: '#mesh' }]]) {
      const config = resolve({ inboundChannel: 'feishu', inboundTarget: 'user:ou_1', inboundTargets })
      assert.deepEqual(config.inboundTargets, inboundTargets)
      assert.match(config.warnings.join('\n'), /inboundChannel and inboundTarget are unused/)
    }
  })

  it('shows a message once in a place that is named twice, and says so', () => {
    const { inboundTargets, warnings } = resolve({ inboundTargets: [feishu, { ...feishu, channel: 'FEISHU' }] })
    assert.deepEqual(inboundTargets, [feishu])
    assert.match(warnings.join('\n'), /more than once/)
  })

  const refusals: Array<[string, unknown, RegExp]> = [
    ['a channel without its target', { inboundChannel: 'feishu' }, /config\.inboundTarget: no value .* "user:ou_xxx"/],
    ['a target without its channel', { inboundTarget: 'user:ou_1' }, /config\.inboundChannel: no value .* "feishu"/],
    ['a target of the list without its channel', { inboundTargets: [feishu, { target: 'user:ou_1' }] }, /config\.inboundTargets\[1\]/],
    ['an unknown key of a target', { inboundTargets: [{ ...feishu, account: 'x' }] }, /inboundTargets\[0\]: unknown key "account"/],
    ['the mesh itself, which would go round for ever', { inboundChannel: 'libp2p-mesh', inboundTarget: 'bob' }, /config\.inboundChannel: "libp2p-mesh" .* another channel/],
    ['the mesh itself in the list', { inboundTargets: [{ channel: 'LIBP2P-mesh', target: 'bob' }] }, /inboundTargets\[0\]\.channel/],
    ['a channel that is no ID', { inboundChannel: 'fei shu', inboundTarget: 'user:ou_1' }, /config\.inboundChannel: "fei shu" .* channel/],
    ['an empty target', { inboundChannel: 'feishu', inboundTarget: '  ' }, /config\.inboundTarget: " {2}"/],
    ['control characters', { inboundChannel: 'feishu', inboundTarget: 'user:ou_1\u0007' }, /config\.inboundTarget: .* control characters/],
    ['control characters in an account', { inboundTargets: [{ ...feishu, accountId: 'a\u202e' }] }, /inboundTargets\[0\]\.accountId/],
    ['a target without end', { inboundChannel: 'feishu', inboundTarget: 'x'.repeat(257) }, /config\.inboundTarget: .* at most 256 characters/],
    ['too many targets', { inboundTargets: Array.from({ length: 9 }, (_, index) => ({ channel: 'feishu', target: `chat:oc_${index}` })) }, /config\.inboundTargets: .* at most 8 entries/]
  ]
  for (const [name, config, expected] of refusals) {
    it(`refuses ${name}`, () => { assert.throws(() => resolve(config), { code: 'INVALID_ARGUMENT', message: expected }) })
  }
})
