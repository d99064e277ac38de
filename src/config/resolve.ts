/** Turns what the owner wrote (or did not) into the complete settings of a node, or refuses it by name. */
import { isAbsolute } from 'node:path'
import { safeName } from '../lib/text.ts'
import { checkAllowFrom, checkAnnounceAddrs, checkListenAddrs, checkPeerList, checkStunServers, type AddressCheck } from './addresses.ts'
import { CHANNEL_DEFAULTS, CONFIG_DEFAULTS, PUBLIC_DEFAULTS } from './defaults.ts'
import { checkForwardTargets, type ForwardTarget } from './forward-targets.ts'
import { ChannelSchema, ConfigSchema, type ConfigInput, type DiscoveryMechanism, type DmPolicy, type Role } from './schema.ts'
import { isTopic, TOPIC_FORM } from './topic.ts'
import { badValue, checkShape } from './validate.ts'

/** Complete, checked settings; NAT switches are already combined with the master switch. */
export interface MeshConfig {
  role: Role
  discovery: DiscoveryMechanism[]
  listenAddrs: string[]
  bootstrapList: string[]
  enableWebSocket: boolean
  enableIdentify: boolean
  enableAutoNAT: boolean
  enableUPnP: boolean
  enableCircuitRelay: boolean
  enableDCUtR: boolean
  enableHolePunch: boolean
  enableCircuitRelayServer: boolean
  relayList: string[]
  discoverRelays: number
  stunServers: string[]
  announceAddrs: string[]
  instanceName: string
  enableBroadcast: boolean
  meshTopic: string
  enableBroadcastForwarding: boolean
  enableBroadcastTurns: boolean
  enableAgentSync: boolean
  agentCard: AgentCard | undefined
  inboundTargets: ForwardTarget[]
  deliveryAckTimeoutMs: number
  messageTtlMs: number
  rateLimit: { unapprovedPerHour: number, approvedPerMinute: number }
  turnBudget: { perPeerPerHour: number, perHour: number, perDay: number }
  /** Peer IDs in base58 form. */
  autoAnswerCalls: string[]
  relayLimits: RelayLimits
  /** Absolute path. */
  networkKeyFile: string | undefined
  dmPolicy: DmPolicy
  /** Peer IDs in base58 form. */
  allowFrom: string[]
  /** What the owner should know about this configuration, a sentence each. */
  warnings: string[]
}

/** What a relay does for others. */
export interface RelayLimits {
  reservations: number
  /** What one peer may send in `perPeerSeconds`, which is also the longest life of a circuit. */
  perPeerBytes: number
  perPeerSeconds: number
  bytesPerSecond: number
}

/** What is announced about the agent. */
export interface AgentCard {
  description: string
  skills: string[]
}

/** What the machine contributes to the defaults. */
export interface ConfigEnvironment {
  hostname: string
}

type NatSwitches = Pick<MeshConfig, typeof NAT_SWITCHES[number]>

const CONFIG_PATH = 'plugins.entries["libp2p-mesh"].config'
const CHANNEL_PATH = 'channels["libp2p-mesh"]'
/** What `enableNATTraversal` switches. */
export const NAT_SWITCHES = ['enableIdentify', 'enableAutoNAT', 'enableUPnP', 'enableCircuitRelay', 'enableDCUtR', 'enableHolePunch'] as const
const NEEDS_IDENTIFY: ReadonlySet<string> = new Set(['enableAutoNAT', 'enableDCUtR'])

/**
 * The settings of a node from `plugins.entries["libp2p-mesh"].config` and `channels["libp2p-mesh"]`.
 *
 * @throws MeshError `INVALID_ARGUMENT` naming key, value and expectation
 */
export function resolveConfig(config: unknown, channel: unknown, environment: ConfigEnvironment): MeshConfig {
  const input = checkShape(ConfigSchema, config ?? {}, CONFIG_PATH)
  const access = checkShape(ChannelSchema, channel ?? {}, CHANNEL_PATH)
  const warnings: string[] = []
  const enableWebSocket = input.enableWebSocket ?? CONFIG_DEFAULTS.enableWebSocket
  const nat = natSwitches(input, warnings)
  const checkAt = (key: string) => ({ path: `${CONFIG_PATH}.${key}`, webSocket: enableWebSocket })
  const role = input.role ?? CONFIG_DEFAULTS.role
  const preset = role === 'public' ? { ...CONFIG_DEFAULTS, ...CHANNEL_DEFAULTS, ...PUBLIC_DEFAULTS } : { ...CONFIG_DEFAULTS, ...CHANNEL_DEFAULTS }
  const discovery = discoveryOf(input, nat.enableIdentify, warnings)
  return {
    role,
    discovery,
    listenAddrs: checkListenAddrs(listenAddrsOf(input, warnings), checkAt('listenAddrs')),
    bootstrapList: checkPeerList(input.bootstrapList ?? CONFIG_DEFAULTS.bootstrapList, checkAt('bootstrapList')),
    enableWebSocket,
    ...nat,
    enableCircuitRelayServer: input.enableCircuitRelayServer ?? preset.enableCircuitRelayServer,
    relayList: relayListOf(input, checkAt('relayList')),
    discoverRelays: discoverRelaysOf(input, { hasDht: discovery.includes('dht'), hasRelay: nat.enableCircuitRelay, warnings }),
    stunServers: checkStunServers(input.stunServers ?? CONFIG_DEFAULTS.stunServers, checkAt('stunServers')),
    announceAddrs: checkAnnounceAddrs(input.announceAddrs ?? CONFIG_DEFAULTS.announceAddrs, checkAt('announceAddrs')),
    instanceName: instanceNameOf(input.instanceName, environment),
    ...broadcastOf(input, { hasIdentify: nat.enableIdentify, warnings }),
    enableAgentSync: input.enableAgentSync ?? CONFIG_DEFAULTS.enableAgentSync,
    agentCard: agentCardOf(input.agentCard),
    inboundTargets: checkForwardTargets(input, { path: CONFIG_PATH, warnings }),
    deliveryAckTimeoutMs: input.deliveryAckTimeoutMs ?? CONFIG_DEFAULTS.deliveryAckTimeoutMs,
    messageTtlMs: input.messageTtlMs ?? CONFIG_DEFAULTS.messageTtlMs,
    rateLimit: { ...CONFIG_DEFAULTS.rateLimit, ...input.rateLimit },
    turnBudget: { ...CONFIG_DEFAULTS.turnBudget, ...input.turnBudget },
    autoAnswerCalls: autoAnswerCallsOf(input.autoAnswerCalls),
    relayLimits: { ...CONFIG_DEFAULTS.relayLimits, ...input.relayLimits },
    networkKeyFile: networkKeyFileOf(input.networkKeyFile),
    dmPolicy: access.dmPolicy ?? preset.dmPolicy,
    allowFrom: checkAllowFrom(access.allowFrom ?? CHANNEL_DEFAULTS.allowFrom, `${CHANNEL_PATH}.allowFrom`),
    warnings
  }
}

interface RelaySearch {
  hasDht: boolean
  hasRelay: boolean
  warnings: string[]
}

function discoverRelaysOf({ discoverRelays = CONFIG_DEFAULTS.discoverRelays }: ConfigInput, has: RelaySearch): number {
  if (discoverRelays === 0 || (has.hasDht && has.hasRelay)) return discoverRelays
  has.warnings.push(`${has.hasRelay ? 'discovery is without "dht"' : 'enableCircuitRelay is off'}, so discoverRelays is unused`)
  return 0
}

function agentCardOf(card: ConfigInput['agentCard']): AgentCard | undefined {
  return card === undefined ? undefined : { description: card.description ?? '', skills: card.skills ?? [] }
}

function autoAnswerCallsOf(peerIds: ConfigInput['autoAnswerCalls']): string[] {
  return checkAllowFrom(peerIds ?? CONFIG_DEFAULTS.autoAnswerCalls, `${CONFIG_PATH}.autoAnswerCalls`)
}

type BroadcastSettings = Pick<MeshConfig, 'enableBroadcast' | 'meshTopic' | 'enableBroadcastForwarding' | 'enableBroadcastTurns'>

function broadcastOf(input: ConfigInput, { hasIdentify, warnings }: { hasIdentify: boolean, warnings: string[] }): BroadcastSettings {
  const wanted = input.enableBroadcast ?? CONFIG_DEFAULTS.enableBroadcast
  if (wanted && !hasIdentify) {
    if (input.enableBroadcast === true) throw badValue(`${CONFIG_PATH}.enableBroadcast`, true, 'enableIdentify: true beside it, which it needs')
    warnings.push('identify is off, so broadcasts are off too')
  }
  const meshTopic = input.meshTopic ?? CONFIG_DEFAULTS.meshTopic
  if (!isTopic(meshTopic)) throw badValue(`${CONFIG_PATH}.meshTopic`, meshTopic, TOPIC_FORM)
  return {
    enableBroadcast: wanted && hasIdentify,
    meshTopic,
    enableBroadcastForwarding: input.enableBroadcastForwarding ?? CONFIG_DEFAULTS.enableBroadcastForwarding,
    enableBroadcastTurns: input.enableBroadcastTurns ?? CONFIG_DEFAULTS.enableBroadcastTurns
  }
}

function natSwitches(input: ConfigInput, warnings: string[]): NatSwitches {
  const master = input.enableNATTraversal ?? CONFIG_DEFAULTS.enableNATTraversal
  const isOn = (key: keyof NatSwitches): boolean => master && (input[key] ?? CONFIG_DEFAULTS[key])
  const switches: NatSwitches = {
    enableIdentify: isOn('enableIdentify'),
    enableAutoNAT: isOn('enableAutoNAT'),
    enableUPnP: isOn('enableUPnP'),
    enableCircuitRelay: isOn('enableCircuitRelay'),
    enableDCUtR: isOn('enableDCUtR'),
    enableHolePunch: isOn('enableHolePunch')
  }
  const ignored = NAT_SWITCHES.filter(key => !master && input[key] === true)
  if (ignored.length > 0) warnings.push(`enableNATTraversal is false, so these settings are without effect: ${ignored.join(', ')}`)
  if (!switches.enableCircuitRelay && (input.relayList ?? []).length > 0) warnings.push('enableCircuitRelay is off, so relayList is unused')
  if (switches.enableIdentify) return switches
  for (const key of NAT_SWITCHES.filter(name => NEEDS_IDENTIFY.has(name) && switches[name])) {
    if (input[key] === true) throw badValue(`${CONFIG_PATH}.${key}`, true, 'enableIdentify: true beside it, which it needs')
    switches[key] = false
    warnings.push(`enableIdentify is false, so ${key} is off too`)
  }
  return switches
}

function discoveryOf(input: ConfigInput, hasIdentify: boolean, warnings: string[]): DiscoveryMechanism[] {
  const hasBootstrap = (input.bootstrapList ?? []).length > 0
  if (input.discovery === undefined) {
    const preset = input.role === 'public' ? PUBLIC_DEFAULTS : CONFIG_DEFAULTS
    const usual: DiscoveryMechanism[] = [...(hasBootstrap ? preset.discoveryWithBootstrap : preset.discovery)]
    if (hasIdentify || !usual.includes('dht')) return usual
    warnings.push('identify is off, so discovery goes without the DHT, which needs it')
    return usual.filter(mechanism => mechanism !== 'dht')
  }
  const chosen = [...new Set(typeof input.discovery === 'string' ? [input.discovery] : input.discovery)]
  const path = `${CONFIG_PATH}.discovery`
  if (chosen.includes('dht') && !hasIdentify) throw badValue(path, input.discovery, 'no "dht" while identify is off: the DHT needs it')
  if (hasBootstrap && !chosen.includes('bootstrap')) warnings.push(`discovery is ${JSON.stringify(input.discovery)}, so bootstrapList is unused; add "bootstrap" to use it`)
  if (!hasBootstrap && chosen.includes('bootstrap')) warnings.push('discovery names "bootstrap", but bootstrapList is empty: no peer is found that way')
  if (chosen.length === 0) warnings.push('discovery is empty: peers are found only when they are added or connect by themselves')
  return chosen
}

function listenAddrsOf(input: ConfigInput, warnings: string[]): readonly string[] {
  if (input.listenAddrs === undefined) {
    const { listenAddrs } = input.role === 'public' ? PUBLIC_DEFAULTS : CONFIG_DEFAULTS
    return input.enableWebSocket === true ? [...listenAddrs, ...CONFIG_DEFAULTS.webSocketListenAddrs] : listenAddrs
  }
  const listensOnWebSocket = input.listenAddrs.some(address => /\/wss?(\/|$)/.test(address))
  if (input.enableWebSocket === true && !listensOnWebSocket) warnings.push('enableWebSocket is on, but no address of listenAddrs ends in /ws: WebSocket is used for dialling only')
  if (input.listenAddrs.length === 0 && (input.relayList ?? []).length === 0) warnings.push('listenAddrs is empty: this node dials others, nobody can dial it')
  return input.listenAddrs
}

function relayListOf(input: ConfigInput, check: AddressCheck): string[] {
  const relays = checkPeerList(input.relayList ?? CONFIG_DEFAULTS.relayList, check)
  const nested = relays.findIndex(address => address.includes('/p2p-circuit'))
  if (nested >= 0) throw badValue(`${check.path}[${String(nested)}]`, relays[nested], 'the address of the relay itself, without /p2p-circuit')
  return relays
}

function networkKeyFileOf(path: string | undefined): string | undefined {
  if (path === undefined || isAbsolute(path)) return path
  throw badValue(`${CONFIG_PATH}.networkKeyFile`, path, 'an absolute path')
}

function instanceNameOf(name: string | undefined, environment: ConfigEnvironment): string {
  if (name === undefined) return safeName(environment.hostname) || 'openclaw'
  if (safeName(name) === name) return name
  const hint = safeName(name)
  throw badValue(`${CONFIG_PATH}.instanceName`, name, `1 to 48 characters of a-z, 0-9 and "-", not at the ends${hint === '' ? '' : `, for example "${hint}"`}`)
}
