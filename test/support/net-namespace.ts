/** Linux network namespaces by `ip netns`: make one, remove it with all that runs inside. */

import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { isAbandoned, signalProcess } from './live-process.ts'

const execFileAsync = promisify(execFile)

/** Of iproute2. */
const IP = 'ip'

/** Runs `ip` with `args` and returns its output. */
export async function ip(...args: string[]): Promise<string> {
  const { stdout } = await execFileAsync(IP, args)
  return stdout
}

/** Makes a namespace whose loopback is up and whose IPv6 addresses are usable at once. */
export async function addNamespace(name: string): Promise<void> {
  await ip('netns', 'add', name)
  await ip('-n', name, 'link', 'set', 'lo', 'up')
  await ip('netns', 'exec', name, 'sh', '-c', SKIP_ADDRESS_DETECTION)
}

/** Duplicate address detection would keep link-local addresses unusable for a second; the kernel may lack IPv6. */
const SKIP_ADDRESS_DETECTION = 'f=/proc/sys/net/ipv6/conf/default/accept_dad; if [ -e $f ]; then echo 0 > $f; fi'

/** Kills all processes in the namespace and removes it; a namespace that does not exist is fine. */
export async function removeNamespace(name: string): Promise<void> {
  if (!(await namespaces()).includes(name)) return
  killAll(await ip('netns', 'pids', name))
  await ip('netns', 'delete', name)
}

/** As `removeNamespace`, for the end of the process. */
export function removeNamespaceSync(name: string): void {
  const pids = spawnSync(IP, ['netns', 'pids', name], { encoding: 'utf8' })
  if (pids.status === 0) killAll(pids.stdout)
  spawnSync(IP, ['netns', 'delete', name])
}

/** Makes and removes a namespace called `trial`; returns what went wrong, or `undefined` when it worked. */
export function whyNoNamespace(trial: string): string | undefined {
  const added = spawnSync(IP, ['netns', 'add', trial], { encoding: 'utf8' })
  removeNamespaceSync(trial)
  if (added.error !== undefined) return 'the command `ip` (iproute2) is missing'
  return added.status === 0 ? undefined : `a network namespace cannot be made: ${added.stderr.trim()}`
}

/** Removes the namespaces of processes that were killed before they could do it: group 1 of `name` is the process ID. */
export async function removeAbandonedNamespaces(name: RegExp): Promise<void> {
  for (const namespace of await namespaces()) {
    if (isAbandoned(namespace, name)) await removeNamespace(namespace)
  }
}

async function namespaces(): Promise<string[]> {
  const lines = (await ip('netns', 'list')).split('\n')
  return lines.map(line => line.split(' ')[0] ?? '').filter(name => name !== '')
}

function killAll(pids: string): void {
  for (const pid of pids.split('\n').filter(line => line !== '')) signalProcess(Number(pid), 'SIGKILL')
}
