/** The routers next door: who may map ports for this host. */
import { readFile } from 'node:fs/promises'
import { isPrivateIp } from '@libp2p/utils'
import { interfaceAddresses, type Interfaces } from './candidates.ts'

/** A router, and our address in its network. */
export interface Gateway {
  host: string
  ownHost: string
}

/** Of the Linux kernel: addresses in hexadecimal, least significant byte first. */
const ROUTES = '/proc/net/route'
const IS_GATEWAY = 2

const readKernelRoutes = async (): Promise<string> => await readFile(ROUTES, 'utf8')

/** The routers of our private IPv4 networks; other systems than Linux do not say which they are. */
export async function findGateways(interfaces: Interfaces, platform = process.platform, readRoutes = readKernelRoutes): Promise<Gateway[]> {
  return platform === 'linux' ? defaultGateways(await readRoutes(), interfaces) : likelyGateways(interfaces)
}

function defaultGateways(routes: string, interfaces: Interfaces): Gateway[] {
  return routes.split('\n').slice(1).map(line => line.split('\t')).flatMap(([name = '', destination, gateway = '', flags = '0']) => {
    const isDefault = destination === '00000000' && (Number.parseInt(flags, 16) & IS_GATEWAY) !== 0
    const own = interfaces[name]?.find(({ family, address }) => family === 'IPv4' && isPrivateIp(address) === true)
    return isDefault && own !== undefined ? [{ host: [...Buffer.from(gateway, 'hex')].toReversed().join('.'), ownHost: own.address }] : []
  })
}

/** Home routers have the first address of their network. */
function likelyGateways(interfaces: Interfaces): Gateway[] {
  return interfaceAddresses(interfaces).filter(({ family, address }) => family === 'IPv4' && isPrivateIp(address) === true)
    .map(({ address, netmask }) => ({ host: firstHost(address, netmask), ownHost: address })).filter(({ host, ownHost }) => host !== ownHost)
}

function firstHost(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number)
  const network = address.split('.').map((part, index) => Number(part) & (mask[index] ?? 0))
  return [...network.slice(0, 3), (network[3] ?? 0) + 1].join('.')
}
