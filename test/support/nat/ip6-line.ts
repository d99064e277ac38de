/** IPv6 in the laboratory: public addresses for the relay and for hosts, each host behind a stateful firewall. */

import { ip } from '../net-namespace.ts'
import { runOk } from '../run.ts'

/** Of a range that libp2p counts as public. */
const PUBLIC = '2600:4001'
export const RELAY_IP6 = `${PUBLIC}::10`

const FIREWALL = `table ip6 firewall {
  chain forward { type filter hook forward priority 0; policy accept; iifname "wan" ct state new drop; }
}`

/** The full name of a namespace of the laboratory. */
type Namespaces = (name: string) => string

/** @returns the relay's address */
export async function addIp6Relay(namespaces: Namespaces): Promise<string> {
  await forward(namespaces('public'))
  await plug(namespaces, 'relay', RELAY_IP6)
  return RELAY_IP6
}

/** Gives the gateway of a side and the host behind it IPv6; `index` is 1 or 2. */
export async function addIp6Side(namespaces: Namespaces, side: string, index: number): Promise<void> {
  const [router, gateway, host] = [`gw-${side}0`, namespaces(`gw-${side}0`), namespaces(side)]
  const [own, lan] = [`${PUBLIC}::2${index}`, `${PUBLIC}:0:${index}:`]
  await forward(gateway)
  await runOk({ command: 'ip', args: ['netns', 'exec', gateway, 'nft', '-f', '-'] }, { input: FIREWALL, timeoutMs: 10_000 })
  await plug(namespaces, router, own)
  await ip('-n', namespaces('public'), 'route', 'add', `${lan}:/64`, 'via', own, 'dev', `p-${router}`)
  await ip('-n', gateway, 'address', 'add', `${lan}:1/64`, 'dev', 'lan')
  await ip('-n', host, 'address', 'add', `${lan}:10/64`, 'dev', 'eth0')
  await ip('-n', host, 'route', 'add', 'default', 'via', `${lan}:1`, 'dev', 'eth0')
}

/** A namespace on the public side: its interface there is `wan`. */
async function plug(namespaces: Namespaces, name: string, address: string): Promise<void> {
  const [outside, inside, device] = [namespaces('public'), namespaces(name), `p-${name}`]
  await ip('-n', outside, 'address', 'add', `${PUBLIC}::1/128`, 'dev', device)
  await ip('-n', outside, 'route', 'add', `${address}/128`, 'dev', device)
  await ip('-n', inside, 'address', 'add', `${address}/128`, 'dev', 'wan')
  await ip('-n', inside, 'route', 'add', `${PUBLIC}::1/128`, 'dev', 'wan')
  await ip('-n', inside, 'route', 'add', 'default', 'via', `${PUBLIC}::1`, 'dev', 'wan')
}

async function forward(namespace: string): Promise<void> {
  await ip('netns', 'exec', namespace, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding')
}
