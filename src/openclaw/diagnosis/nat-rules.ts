/** Faults between the node and the network: router, firewall, UDP, clock. */
import { hasWayIn } from './node-rules.ts'
import type { Facts, Rule } from './finding.ts'

/** Two clocks further apart than this: reservations and lifetimes of messages run out early or late. */
const CLOCK_TOLERANCE_MS = 60_000

const firewall: Rule = (facts) => {
  const { unreachedAddrs } = facts.nat
  if (unreachedAddrs.length === 0) return []
  const ports = portsOf(unreachedAddrs)
  return [{
    code: 'firewall', severity: hasWayIn(facts) ? 'warning' : 'error',
    message: `Peers tried ${unreachedAddrs.join(', ')} and did not get in: a firewall drops them.`,
    action: `Open TCP ${ports} (ufw allow ${ports}/tcp; firewall-cmd --add-port=${ports}/tcp; of a VM: its security group), and UDP of the same number.`
  }]
}

const doubleNat: Rule = ({ nat }) => {
  const seen = nat.mappedAddrs.map(hostOf)
  const inner = nat.routers.find(({ outsideHost, isPublic }) => !isPublic || (seen.length > 0 && !seen.includes(outsideHost)))
  if (inner === undefined) return []
  return [{
    code: 'double-nat', severity: 'warning',
    message: `The router's own outside address is ${inner.outsideHost}${seen.length === 0 ? ', which is not public' : `, but servers see ${seen[0] ?? ''}`}: there is a second NAT behind it.`,
    action: 'Switch one of the routers to bridge mode. Where it is the provider\'s (CGNAT): ask for a public IPv4 address, use IPv6, or stay on a relay.'
  }]
}

const symmetric: Rule = ({ nat }) => nat.type !== 'hard' || nat.mappedPorts.length > 0
  ? []
  : [{
      code: 'symmetric-nat', severity: 'note',
      message: 'The router gives every destination another port (symmetric NAT): peers behind such a router too are reached through a relay only.',
      action: `Turn UPnP on in the router, or forward TCP and UDP ${String(nat.udpPort)} to this machine.`
    }]

const notMapped: Rule = ({ nat, off }) => {
  const isBehind = nat.type === 'easy' && nat.reachability === 'private'
  if (!isBehind || nat.mappedPorts.length > 0 || nat.routers.length > 0 || off.includes('enableUPnP')) return []
  return [{
    code: 'port-not-mapped', severity: 'note', message: 'No router answered the request to forward a port (UPnP): direct paths have to be punched.',
    action: 'Nothing has to be done. To be dialled directly, turn UPnP on in the router or forward the listen port to this machine.'
  }]
}

const udpBlocked: Rule = (facts) => {
  const { nat } = facts
  if (nat.type !== 'blocked') return []
  const asked = nat.stunAsked.join(', ')
  if (!isOnline(facts)) {
    return [{
      code: 'stun-silent', severity: 'warning', message: `No STUN server answered (${asked}), and nothing else outside this network does.`,
      action: 'Check the Internet connection of this machine first.'
    }]
  }
  return [{
    code: 'udp-blocked', severity: 'warning', message: `UDP is blocked: no STUN server answered (${asked}), although TCP gets through.`,
    action: 'Allow outgoing UDP in the firewall of this machine and of its network, and incoming UDP at the STUN servers. Until then paths are direct over TCP, or relayed.'
  }]
}

const udpUnavailable: Rule = ({ nat, off }) => nat.udpError === undefined || off.includes('enableHolePunch')
  ? []
  : [{
      code: 'udp-unavailable', severity: 'warning', message: `There is no UDP hole punching on this machine: ${nat.udpError}.`,
      action: 'Paths are direct over TCP, or relayed. The native module exists for Linux (glibc), macOS and Windows: install the plugin anew on one of these.'
    }]

const oneAnswer: Rule = ({ nat }) => nat.type !== 'unknown' || nat.stun.length !== 1
  ? []
  : [{
      code: 'one-stun-answer', severity: 'note', message: `Only one STUN server answered (${nat.stun[0]?.server ?? ''}): the kind of NAT is told by two.`,
      action: 'Open the second UDP port of the relay (its port number and the next), or add a server to `stunServers`.'
    }]

const clockSkew: Rule = ({ nat }) => nat.clocks.filter(({ offsetMs }) => Math.abs(offsetMs) >= CLOCK_TOLERANCE_MS).map(({ peerId, offsetMs }) => ({
  code: 'clock-skew', severity: 'warning', peerIds: [peerId],
  message: `The clock of this machine is ${durationText(offsetMs)} ${offsetMs > 0 ? 'behind' : 'ahead of'} that of the relay ${peerId}.`,
  action: 'Compare both with a watch, and let the wrong one be set automatically (timedatectl set-ntp true; Windows and macOS: date and time settings).'
}))

/** Whether anything outside the own network answers over TCP. */
function isOnline({ nat, peers }: Facts): boolean {
  return nat.relays.length > 0 || peers.some(({ path, isNear }) => path !== 'none' && !isNear)
}

function portsOf(addresses: readonly string[]): string {
  return [...new Set(addresses.flatMap(address => /\/tcp\/(\d+)/.exec(address)?.[1] ?? []))].join(' and ')
}

/** The host of `1.2.3.4:5` or `[2001:db8::1]:5`. */
function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '')
}

function durationText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000)
  return minutes < 120 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`
}

/** In this order. */
export const NAT_RULES: readonly Rule[] = [firewall, doubleNat, udpBlocked, udpUnavailable, symmetric, notMapped, oneAnswer, clockSkew]
