/** Port 0 in listen addresses: chosen once, the same for IPv4 and IPv6, and kept across restarts while it is free. */
import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { Key, type Datastore } from 'interface-datastore'

const STORE_KEY = new Key('/libp2p-mesh/listen-ports')

/** Chosen ports by the part of the listen address that follows the host, e.g. `{"tcp": 41234, "ws": 41235}`. */
export type ListenPorts = Record<string, number>

/** Listen multiaddrs with ports, and the ports to remember. */
export interface ListenChoice {
  addresses: string[]
  ports: ListenPorts
}

/** Tells whether the port can be listened on at all of these hosts; resolves with the port, a free one for 0, or undefined. */
export type ProbePort = (hosts: string[], port: number) => Promise<number | undefined>

/**
 * The listen addresses with their ports filled in.
 *
 * @param addresses listen multiaddrs of the configuration
 * @param remembered ports of the last start
 */
export async function resolveListenAddrs(addresses: string[], remembered: ListenPorts, probe: ProbePort = probePort): Promise<ListenChoice> {
  const hosts = new Map<string, string[]>()
  for (const address of addresses) {
    const open = openPort(address)
    if (open !== undefined) hosts.set(open.transport, [...hosts.get(open.transport) ?? [], open.host])
  }
  const ports: ListenPorts = {}
  for (const [transport, transportHosts] of hosts) {
    const port = await choosePort(transportHosts, remembered[transport], probe)
    if (port !== undefined) ports[transport] = port
  }
  return { addresses: addresses.map(address => withPort(address, ports)), ports }
}

/** The ports of the last start; none where nothing readable was stored. */
export async function loadListenPorts(datastore: Pick<Datastore, 'has' | 'get'>): Promise<ListenPorts> {
  if (!await datastore.has(STORE_KEY)) return {}
  const stored = parseJson(new TextDecoder().decode(await datastore.get(STORE_KEY)))
  if (typeof stored !== 'object' || stored === null) return {}
  return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, number] => isPort(entry[1])))
}

export async function saveListenPorts(datastore: Pick<Datastore, 'put'>, ports: ListenPorts): Promise<void> {
  await datastore.put(STORE_KEY, new TextEncoder().encode(JSON.stringify(ports)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a damaged entry is worth no more than none: a port is chosen anew
  }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}

const ATTEMPTS = 8

async function choosePort(hosts: string[], remembered: number | undefined, probe: ProbePort): Promise<number | undefined> {
  if (remembered !== undefined) {
    const port = await probe(hosts, remembered)
    if (port !== undefined) return port
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await probe(hosts, 0)
    if (port !== undefined) return port
  }
  return undefined // each address then gets a port of its own from the system
}

function openPort(address: string): { host: string, transport: string } | undefined {
  const components = multiaddr(address).getComponents()
  const [host, tcp] = components
  if (host?.value === undefined || tcp?.name !== 'tcp' || tcp.value !== '0') return undefined
  return { host: host.value, transport: components.slice(1).map(component => component.name).join('/') }
}

function withPort(address: string, ports: ListenPorts): string {
  const open = openPort(address)
  const port = open === undefined ? undefined : ports[open.transport]
  return port === undefined ? address : address.replace('/tcp/0', `/tcp/${String(port)}`)
}

async function probePort(hosts: string[], port: number): Promise<number | undefined> {
  let chosen = port
  for (const host of new Set(hosts)) {
    const bound = await tryListen(host, chosen)
    if (bound === 'no-such-host') continue // e.g. no IPv6 here: the transport manager copes with that
    if (bound === 'taken') return undefined
    chosen = bound
  }
  return chosen === 0 ? undefined : chosen
}

function tryListen(host: string, port: number): Promise<number | 'taken' | 'no-such-host'> {
  const { promise, resolve } = Promise.withResolvers<number | 'taken' | 'no-such-host'>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => {
    resolve(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? 'taken' : 'no-such-host')
  })
  server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
    const address = server.address()
    const bound = typeof address === 'object' && address !== null ? address.port : 0
    server.close(() => { resolve(bound) })
  })
  return promise
}
