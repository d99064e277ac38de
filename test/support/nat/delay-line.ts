/** The delay of the laboratory: every packet that crosses the public side is held back by a program. */

import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { ip } from '../net-namespace.ts'
import { runOk } from '../run.ts'

const PROGRAM = fileURLToPath(new URL('./delay-line.py', import.meta.url))
/** On the side that packets come from as well as on the device that they go to. */
const ACCEPT_DETOURS = 'for f in all delay; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done; echo 1 > /proc/sys/net/ipv4/conf/all/accept_local'

/** Sends what the router forwards through a tun device, behind which the program waits; the router's own address needs no delay. */
export async function addDelay(router: string, ownAddress: string, delayMs: number): Promise<Child> {
  const inside = (command: string, ...args: string[]) => ({ command: 'ip', args: ['netns', 'exec', router, command, ...args] })
  const program = new Child(inside('python3', PROGRAM, String(delayMs)))
  await program.log.waitFor(/^ready$/m, { timeoutMs: 20_000 })
  await ip('-n', router, 'link', 'set', 'delay', 'up')
  await runOk(inside('sh', '-c', ACCEPT_DETOURS), { timeoutMs: 10_000 })
  await ip('-n', router, 'route', 'add', 'default', 'dev', 'delay', 'table', '100')
  await ip('-n', router, 'rule', 'add', 'pref', '5', 'to', ownAddress, 'lookup', 'local')
  const links = await ip('-n', router, '-o', 'link')
  for (const [, device = ''] of links.matchAll(/ (p-[\w-]+)@/g)) await ip('-n', router, 'rule', 'add', 'pref', '10', 'iif', device, 'lookup', '100')
  return program
}
