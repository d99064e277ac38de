/** The node, its ways to its peers and what a diagnosis found, as text: one line for each thing. */
import { escapeControl } from '../lib/text.ts'
import type { MeshStatus, NatSummary, NetworkInfo, OpenCall, PeerReach, PendingApproval, PingResult, RelaySummary } from '../mesh-api.ts'
import type { Finding } from './diagnosis/finding.ts'
import { whyNotDirect } from './diagnosis/why-not-direct.ts'
import { list } from './render.ts'

/** Approved peers come first; strangers must not fill a terminal or a conversation. */
const MAX_LISTED_PEERS = 50

/** What `status` has to show. */
export interface StatusFacts extends Omit<MeshStatus, 'pendingApprovals'> {
  pendingApprovals?: PendingApproval[]
  peers: PeerReach[]
  findings: Finding[]
}

/** What `network` and `doctor` have to show. */
export interface NetworkFacts extends NetworkInfo {
  findings: Finding[]
}

/** The node at a glance. */
export function statusText(status: StatusFacts): string {
  return [
    `Peer ID:      ${status.peerId}`,
    `Agent ID:     ${status.agentId}`,
    `Instance ID:  ${status.instanceId}`,
    `Node:         ${status.started ? 'started' : 'stopped'} (version ${status.version})`,
    `Listening on: ${list(status.listenAddrs)}`,
    `Announced:    ${list(status.announcedAddrs)}`,
    `Messages:     ${status.unread} unread, ${status.queued} waiting to go out`,
    ...status.openCalls.map(callLine),
    ...natLines(status.nat),
    `Peers:        ${status.connectedPeers} connected (${status.paths.direct} direct, ${status.paths.relay} over a relay), ${status.knownPeers} known`,
    ...peerLines(status.peers, status.nat),
    ...findingLines(status.findings),
    ...(status.pendingApprovals ?? []).map(pending =>
      `Waiting for approval: ${pending.peerId} (${pending.held} held), openclaw p2p approve ${pending.code}`)
  ].join('\n')
}

/** Addresses, paths, and what is wrong with them. */
export function networkText(info: NetworkFacts): string {
  return [
    `Peer ID:      ${info.peerId}`,
    `Listening on: ${list(info.listenAddrs)}`,
    `Announced:    ${list(info.announcedAddrs)}`,
    ...natLines(info.nat),
    info.peers.length === 0 ? 'Peers:        none' : `Peers (${info.peers.length}):`,
    ...peerLines(info.peers, info.nat),
    ...findingLines(info.findings)
  ].join('\n')
}

/** The same with the verdict. */
export function doctorText(check: NetworkFacts & { healthy: boolean }): string {
  const verdict = check.findings.length === 0 ? 'Nothing is wrong.' : check.healthy ? 'Nothing keeps this node from being reached.' : 'This node is not reached as it should be.'
  return `${networkText(check)}\n${verdict}`
}

/** A ping. */
export function pingText(result: PingResult): string {
  const { peerId, path, remoteAddr } = result
  return `${peerId}: ${pathText(result)}${path === 'direct' ? `, ${escapeControl(remoteAddr)}` : ''}`
}

function callLine({ callId, peerId, role, state, waits }: OpenCall): string {
  const what = waits === true ? 'waits until another call is over' : state === 'ringing' && role === 'callee' ? 'rings here, openclaw p2p answer accept' : state
  return `Call:         ${callId} ${role === 'caller' ? 'to' : 'from'} ${peerId}: ${what}`
}

function natLines({ reachability, type, mappedAddrs, stun, mappedPorts, routers, relayList, relays, clocks }: NatSummary): string[] {
  const seen = stun.map(({ server, mapped, rttMs }) => `${mapped} by ${server} in ${rtt(rttMs)}`)
  const others = relays.filter(peerId => !relayList.some(relay => relay.peerId === peerId))
  return [
    `Reachability: ${reachability}, NAT ${NAT_WORDS[type] ?? type}`,
    ...mappedAddrs.length === 0 ? [] : [`STUN:         ${list(seen)}`],
    ...mappedPorts.length === 0 ? [] : [`Mapped ports: ${list(mappedPorts)}`],
    ...routers.length === 0 ? [] : [`Routers:      outside address ${list(routers.map(({ outsideHost }) => outsideHost))}`],
    ...relayList.map(relayLine),
    ...others.map(peerId => `Relay:        ${peerId}, reserved`),
    ...clocks.map(({ peerId, offsetMs }) => `Clock:        ${(offsetMs / 1000).toFixed(1)} s against the relay ${peerId}`)
  ]
}

const NAT_WORDS: Readonly<Record<string, string>> = {
  open: 'none', easy: 'easy (one port for all destinations)', hard: 'hard (symmetric: another port for each destination)', blocked: 'unknown (UDP is blocked)'
}

function relayLine({ address, state, since, why }: RelaySummary): string {
  return `Relay:        ${escapeControl(address)}, ${state} since ${new Date(since).toISOString()}${why === undefined ? '' : ` (${why})`}`
}

function peerLines(peers: readonly PeerReach[], { relayList }: NatSummary): string[] {
  const order = peers.toSorted((one, other) => Number(other.approved) - Number(one.approved))
  const more = order.length - MAX_LISTED_PEERS
  const lines = order.slice(0, MAX_LISTED_PEERS).map((peer) => {
    const isRelay = relayList.some(({ peerId }) => peerId === peer.peerId)
    const marks = [...isRelay ? ['relay'] : [], ...peer.approved || isRelay ? [] : ['not approved']]
    const name = peer.alias === undefined ? peer.peerId : `${escapeControl(peer.alias)} (${peer.peerId})`
    return `  ${name}${marks.length === 0 ? '' : ` [${marks.join(', ')}]`}: ${pathText(peer)}`
  })
  return [...lines, ...more > 0 ? [`  … and ${more} more`] : []]
}

/** What of a peer or a ping tells the path. */
type Path = Pick<PeerReach, 'peerId' | 'path' | 'transport' | 'relay' | 'rttMs' | 'whyNotDirect' | 'whyNot'> & Partial<Pick<PeerReach, 'approved'>>

/** `direct over udp, 3.1 ms`; `through the relay 12D3... over tcp, 40.2 ms; not direct: ...`; `not connected (timeout)`. */
function pathText(peer: Path): string {
  const { path, transport = 'unknown', relay, rttMs, whyNot } = peer
  if (path === 'none') return `not connected${whyNot === undefined ? '' : ` (${whyNot})`}`
  if (path === 'direct') return `direct over ${transport}, ${rtt(rttMs)}`
  const why = whyNotDirect(peer)
  return `through ${relay === undefined ? 'a relay' : `the relay ${relay}`} over ${transport}, ${rtt(rttMs)}${why === undefined ? '' : `; not direct: ${why.what}`}`
}

function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ code, severity, message, action }) => [`${severity} ${code}: ${escapeControl(message)}`, `  -> ${escapeControl(action)}`])
}

function rtt(rttMs: number | null | undefined): string {
  return rttMs === null || rttMs === undefined ? 'no ping yet' : `${rttMs.toFixed(1)} ms`
}
