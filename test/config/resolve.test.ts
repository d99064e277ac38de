import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveConfig } from '../../src/config/resolve.ts'
import { MeshError } from '../../src/lib/errors.ts'

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const environment = { hostname: 'Office Mac.local' }

const resolve = (config?: unknown, channel?: unknown) => resolveConfig(config, channel, environment)

function refusal(config: unknown, channel?: unknown): string {
  try {
    resolve(config, channel)
  } catch (error) {
    assert.ok(error instanceof MeshError)
    assert.equal(error.code, 'INVALID_ARGUMENT')
    return error.message
  }
  return assert.fail('the configuration was accepted')
}

describe('resolveConfig', () => {
  it('makes a complete configuration of nothing', () => {
    assert.deepEqual(resolve(), {
      role: 'personal',
      discovery: ['mdns'],
      listenAddrs: ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'],
      bootstrapList: [],
      enableWebSocket: false,
      enableIdentify: true,
      enableAutoNAT: true,
      enableUPnP: true,
      enableCircuitRelay: true,
      enableDCUtR: true,
      enableHolePunch: true,
      enableCircuitRelayServer: false,
      relayList: [], discoverRelays: 0,
      stunServers: [],
      announceAddrs: [],
      instanceName: 'office-mac-local',
      enableBroadcast: true,
      meshTopic: 'openclaw-mesh',
      enableBroadcastForwarding: false,
      enableBroadcastTurns: false,
      enableAgentSync: true,
      agentCard: undefined,
      inboundTargets: [],
      deliveryAckTimeoutMs: 15_000,
      messageTtlMs: 604_800_000,
      rateLimit: { unapprovedPerHour: 10, approvedPerMinute: 600 },
      turnBudget: { perPeerPerHour: 12, perHour: 60, perDay: 500 },
      autoAnswerCalls: [],
      relayLimits: { reservations: 128, perPeerBytes: 1_073_741_824, perPeerSeconds: 86_400, bytesPerSecond: 2_500_000 },
      networkKeyFile: undefined,
      dmPolicy: 'pairing',
      allowFrom: [],
      warnings: []
    })
  })

  it('keeps the defaults of what a partial object leaves out', () => {
    const { rateLimit, turnBudget } = resolve({ rateLimit: { approvedPerMinute: 5 }, turnBudget: { perHour: 0 } })
    assert.deepEqual(rateLimit, { unapprovedPerHour: 10, approvedPerMinute: 5 })
    assert.deepEqual(turnBudget, { perPeerPerHour: 12, perHour: 0, perDay: 500 })
  })

  it('makes a public node of one word, and leaves what is set beside it', () => {
    const { enableCircuitRelayServer, dmPolicy, listenAddrs, discovery, rateLimit } = resolve({ role: 'public' })
    assert.deepEqual({ enableCircuitRelayServer, dmPolicy, listenAddrs, discovery, rateLimit }, {
      enableCircuitRelayServer: true, dmPolicy: 'open', listenAddrs: ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001'], discovery: ['dht'],
      rateLimit: { unapprovedPerHour: 10, approvedPerMinute: 600 }
    })
    const own = resolveConfig({ role: 'public', enableCircuitRelayServer: false, listenAddrs: ['/ip4/0.0.0.0/tcp/5'], discovery: 'mdns' }, { dmPolicy: 'pairing' }, { hostname: 'x' })
    assert.deepEqual([own.enableCircuitRelayServer, own.dmPolicy, own.listenAddrs, own.discovery], [false, 'pairing', ['/ip4/0.0.0.0/tcp/5'], ['mdns']])
    assert.throws(() => resolve({ role: 'server' }), /config\.role: "server" is not accepted; expected one of "personal", "public"/)
  })

  it('refuses a network key file that is no absolute path', () => {
    assert.throws(() => resolve({ networkKeyFile: 'mesh.key' }), /config\.networkKeyFile: "mesh.key" is not accepted; expected an absolute path/)
  })

  it('falls back to a name where the host has none that is safe', () => {
    assert.equal(resolveConfig({}, {}, { hostname: '…' }).instanceName, 'openclaw')
  })

  it('accepts the channel section as the host writes it', () => {
    const { dmPolicy, allowFrom } = resolve({}, { enabled: true, dmPolicy: 'allowlist', allowFrom: [PEER, PEER] })
    assert.equal(dmPolicy, 'allowlist')
    assert.deepEqual(allowFrom, [PEER])
  })
})

describe('resolveConfig: discovery', () => {
  it('adds bootstrap and the DHT when bootstrap peers are named', () => {
    assert.deepEqual(resolve({ bootstrapList: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`] }).discovery, ['mdns', 'bootstrap', 'dht'])
  })

  it('lets an explicit value win and says what stays unused', () => {
    const config = resolve({ discovery: 'mdns', bootstrapList: [`/dns4/mesh.example.org/tcp/4001/p2p/${PEER}`] })
    assert.deepEqual(config.discovery, ['mdns'])
    assert.match(config.warnings.join('\n'), /bootstrapList is unused/)
  })

  it('takes an array', () => {
    assert.deepEqual(resolve({ discovery: ['dht', 'mdns', 'dht'] }).discovery, ['dht', 'mdns'])
  })

  it('says that bootstrap has nothing to dial', () => {
    assert.match(resolve({ discovery: 'bootstrap' }).warnings.join('\n'), /bootstrapList is empty/)
  })

  it('looks for relays where it can, and otherwise says why not', () => {
    const bootstrapList = [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`]
    assert.deepEqual([resolve({ bootstrapList }).discoverRelays, resolve({ bootstrapList, discoverRelays: 2 }).discoverRelays], [0, 2])
    const { discoverRelays, warnings } = resolve({ discoverRelays: 2 })
    assert.deepEqual([discoverRelays, warnings], [0, ['discovery is without "dht", so discoverRelays is unused']])
    assert.match(resolve({ bootstrapList, discoverRelays: 2, enableCircuitRelay: false }).warnings.join(), /enableCircuitRelay is off, so discoverRelays is unused/)
  })

  it('goes without the DHT where identify is off, and refuses it where it was asked for', () => {
    const bootstrapList = [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`]
    assert.deepEqual(resolve({ bootstrapList, enableIdentify: false }).discovery, ['mdns', 'bootstrap'])
    assert.match(refusal({ discovery: ['dht'], enableIdentify: false }), /config\.discovery: \["dht"\] .* identify/)
  })
})

describe('resolveConfig: broadcasts', () => {
  it('are off where identify is off, and refused where they were asked for', () => {
    const config = resolve({ enableIdentify: false })
    assert.equal(config.enableBroadcast, false)
    assert.match(config.warnings.join('\n'), /identify is off, so broadcasts are off too/)
    assert.match(refusal({ enableIdentify: false, enableBroadcast: true }), /config\.enableBroadcast: true .* enableIdentify/)
  })
})

describe('resolveConfig: NAT switches', () => {
  it('are all off with the master switch off', () => {
    const config = resolve({ enableNATTraversal: false, enableUPnP: true })
    assert.deepEqual(
      [config.enableIdentify, config.enableAutoNAT, config.enableUPnP, config.enableCircuitRelay, config.enableDCUtR, config.enableHolePunch],
      [false, false, false, false, false, false]
    )
    assert.match(config.warnings.join('\n'), /without effect: enableUPnP/)
  })

  it('turn what needs identify off with it, unless it was asked for', () => {
    const config = resolve({ enableIdentify: false })
    assert.deepEqual([config.enableAutoNAT, config.enableDCUtR, config.enableUPnP], [false, false, true])
    assert.match(refusal({ enableIdentify: false, enableDCUtR: true }), /config\.enableDCUtR: true .* enableIdentify/)
  })

  it('can be turned off one by one', () => {
    assert.equal(resolve({ enableHolePunch: false }).enableHolePunch, false)
    assert.equal(resolve({ enableHolePunch: false }).enableCircuitRelay, true)
  })
})

describe('resolveConfig: relays and STUN servers', () => {
  const relay = `/ip4/192.0.2.7/tcp/4001/p2p/${PEER}`

  it('are taken as they are written', () => {
    const stunServers = ['stun.example.org:3478', '192.0.2.7:4001', '[2001:db8::1]:3478']
    const config = resolve({ relayList: [relay], stunServers })
    assert.deepEqual([config.relayList, config.stunServers, config.warnings], [[relay], stunServers, []])
  })

  it('make a node without listen addresses reachable, so nothing is to be warned of', () => {
    assert.deepEqual(resolve({ listenAddrs: [], relayList: [relay] }).warnings, [])
    assert.match(resolve({ listenAddrs: [] }).warnings.join(), /nobody can dial it/)
  })

  it('say that relays are unused where the relay transport is off', () => {
    assert.match(resolve({ relayList: [relay], enableCircuitRelay: false }).warnings.join(), /relayList is unused/)
  })
})

describe('resolveConfig: WebSocket', () => {
  it('listens on ports of its own when no listen address is set', () => {
    assert.deepEqual(resolve({ enableWebSocket: true }).listenAddrs.filter(address => address.endsWith('/ws')), ['/ip4/0.0.0.0/tcp/0/ws', '/ip6/::/tcp/0/ws'])
  })

  it('is refused in an address while it is off', () => {
    assert.match(refusal({ listenAddrs: ['/ip4/127.0.0.1/tcp/0/ws'] }), /listenAddrs\[0\]: "\/ip4\/127\.0\.0\.1\/tcp\/0\/ws" .* enableWebSocket/)
  })

  it('says when it is only dialled', () => {
    assert.match(resolve({ enableWebSocket: true, listenAddrs: ['/ip4/127.0.0.1/tcp/0'] }).warnings.join('\n'), /dialling only/)
  })
})

describe('resolveConfig: a bad value is named with its key and what is expected', () => {
  const refusals: Array<[string, unknown, RegExp]> = [
    ['an unknown key', { lissten: [] }, /config: unknown key "lissten"/],
    ['an unknown key inside an object', { rateLimit: { perDay: 1 } }, /config\.rateLimit: unknown key "perDay"/],
    ['no object', [], /config: \[\] .* an object/],
    ['a wrong type', { enableUPnP: 'yes' }, /config\.enableUPnP: "yes" .* a boolean/],
    ['an unknown mechanism', { discovery: ['mdns', 'ndms'] }, /config\.discovery\[1\]: "ndms" .* one of "mdns", "bootstrap", "dht"/],
    ['an unknown single mechanism', { discovery: 'ndms' }, /config\.discovery: "ndms" .* one of "mdns", "bootstrap", "dht" or an array/],
    ['a number below its bound', { messageTtlMs: 1 }, /config\.messageTtlMs: 1 .* >= 1000/],
    ['a fraction', { deliveryAckTimeoutMs: 1000.5 }, /config\.deliveryAckTimeoutMs: 1000\.5 .* a whole number/],
    ['a negative budget', { turnBudget: { perHour: -1 } }, /config\.turnBudget\.perHour: -1 .* >= 0/],
    ['no multiaddr', { listenAddrs: ['/ip4/127.0.0.1/tcp/0', 'localhost:4001'] }, /config\.listenAddrs\[1\]: "localhost:4001" .* multiaddr/],
    ['a port that is none', { listenAddrs: ['/ip4/127.0.0.1/tcp/70000'] }, /config\.listenAddrs\[0\]: "\/ip4\/127\.0\.0\.1\/tcp\/70000"/],
    ['a host name to listen on', { listenAddrs: ['/dns4/example.org/tcp/1'] }, /listenAddrs\[0\].*\/ip4\/ or \/ip6\//],
    ['another transport', { listenAddrs: ['/ip4/127.0.0.1/udp/0/quic-v1'] }, /listenAddrs\[0\].*TCP/],
    ['a listen address with a peer ID', { listenAddrs: [`/ip4/127.0.0.1/tcp/0/p2p/${PEER}`] }, /listenAddrs\[0\].*no \/p2p\//],
    ['a bootstrap peer without peer ID', { bootstrapList: ['/ip4/192.0.2.7/tcp/4001'] }, /config\.bootstrapList\[0\]: .* ending in \/p2p\/<peer ID>/],
    ['a bootstrap peer with a bad peer ID', { bootstrapList: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER.slice(0, -3)}`] }, /bootstrapList\[0\]/],
    ['a bootstrap peer with port 0', { bootstrapList: [`/ip4/192.0.2.7/tcp/0/p2p/${PEER}`] }, /bootstrapList\[0\].*port 0/],
    ['an announced address that nobody can dial', { announceAddrs: ['/ip4/0.0.0.0/tcp/4001'] }, /config\.announceAddrs\[0\]/],
    ['an announced port 0', { announceAddrs: ['/ip4/192.0.2.7/tcp/0'] }, /announceAddrs\[0\].*1 to 65535/],
    ['a relay without a peer ID', { relayList: ['/ip4/192.0.2.7/tcp/4001'] }, /relayList\[0\].*\/p2p\/<peer ID>/],
    ['a relay behind a relay', { relayList: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER}/p2p-circuit/p2p/${PEER}`] }, /relayList\[0\].*without \/p2p-circuit/],
    ['a STUN server without a port', { stunServers: ['192.0.2.7:4001', 'stun.example.org'] }, /stunServers\[1\]: "stun\.example\.org" .* host:port/],
    ['a STUN server with an impossible port', { stunServers: ['192.0.2.7:70000'] }, /stunServers\[0\].*host:port/],
    ['a STUN server that is no address', { stunServers: ['[192.0.2.7]:4001'] }, /stunServers\[0\].*host:port/],
    ['an unsafe instance name', { instanceName: 'Office Mac' }, /config\.instanceName: "Office Mac" .* for example "office-mac"/],
    ['a topic that is none', { meshTopic: 'two words' }, /config\.meshTopic: "two words" .* letters, digits/],
    ['more relays than a node may look for', { discoverRelays: 9 }, /config\.discoverRelays: 9 .* 8/]
  ]
  for (const [name, config, expected] of refusals) {
    it(name, () => { assert.match(refusal(config), expected) })
  }

  it('a short name in allowFrom', () => {
    assert.match(refusal({}, { allowFrom: [PEER, 'a1b2c3d4e5f6a7b8'] }), /channels\["libp2p-mesh"\]\.allowFrom\[1\]: "a1b2c3d4e5f6a7b8" .* peer ID/)
    assert.match(refusal({}, { allowFrom: ['*'] }), /allowFrom\[0\]: "\*"/)
  })

  it('an unknown policy', () => {
    assert.match(refusal({}, { dmPolicy: 'everyone' }), /channels\["libp2p-mesh"\]\.dmPolicy: "everyone" .* one of "pairing", "allowlist", "open", "disabled"/)
  })
})
