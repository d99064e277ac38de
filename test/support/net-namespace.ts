/** Linux network namespaces by `ip netns`: make one, remove it with all that runs inside. */

import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

/** Runs `ip` with `args` and returns its output. */
export async function ip(...args: string[]): Promise<string> {
  const { stdout } = await execFileAsync('ip', args)
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
  const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  if (pids.status === 0) killAll(pids.stdout)
  spawnSync('ip', ['netns', 'delete', name])
}

/** Removes the namespaces of processes that were killed before they could do it: group 1 of `name` is the process ID. */
export async function removeAbandonedNamespaces(name: RegExp): Promise<void> {
  for (const namespace of await namespaces()) {
    const owner = name.exec(namespace)?.[1]
    if (owner !== undefined && !isAlive(Number(owner))) await removeNamespace(namespace)
  }
}

async function namespaces(): Promise<string[]> {
  const lines = (await ip('netns', 'list')).split('\n')
  return lines.map(line => line.split(' ')[0] ?? '').filter(name => name !== '')
}

function killAll(pids: string): void {
  for (const pid of pids.split('\n').filter(line => line !== '')) signal(Number(pid), 'SIGKILL')
}

function isAlive(pid: number): boolean {
  return signal(pid, 0)
}

/** Returns whether the process exists. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
