/** What the relay command tells, as lines for people or as one JSON object a line. */
import { describeRelay, type RelayPlace, type RelayStats } from '../relay.ts'

export type RelayEvent =
  { event: 'started' } & RelayPlace |
  { event: 'warning', message: string } |
  { event: 'health' } & RelayStats |
  { event: 'stopping', signal: string } |
  { event: 'stopped' } |
  { event: 'error', message: string }

/** Where lines go. */
export interface Terminal {
  out: (line: string) => void
  /** For what needs attention. */
  error: (line: string) => void
}

/** Warnings and errors go apart from the rest for people, and all to one place for programs. */
export function report(event: RelayEvent, { out, error }: Terminal, { isJson }: { isJson: boolean }): void {
  if (isJson) {
    out(JSON.stringify(event))
    return
  }
  const write = event.event === 'warning' || event.event === 'error' ? error : out
  for (const line of linesOf(event)) write(line)
}

function linesOf(event: RelayEvent): string[] {
  switch (event.event) {
    case 'started': return startLines(event)
    case 'warning': return [`Warning: ${event.message}`]
    case 'health': return [`Health: ${describeRelay(event)}`]
    case 'stopping': return [`${event.signal}: stopping`]
    case 'stopped': return ['Stopped.']
    case 'error': return [`libp2p-mesh relay: ${event.message}`]
  }
}

function startLines({ peerId, listenAddrs, hasNetworkKey, stun, relayAddrs }: RelayPlace): string[] {
  const stunLine = `STUN: UDP ${stun.udp.join(' and ')}, TCP ${stun.tcp.join(' and ')}`
  return [
    `Node started. Peer ID: ${peerId}`,
    ...listenAddrs.map(address => `Listening on: ${address}`),
    stun.udp.length === 0 ? 'STUN: off, it needs a TCP port to listen on' : stunLine,
    ...hasNetworkKey ? ['Private network: only nodes with its key connect'] : [],
    ...relayAddrs.map(address => `Relay address: ${address}`)
  ]
}
