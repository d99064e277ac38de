/** A process with a part of the swarm: real nodes on loopback that know one address, and a clock that may run fast. */
import { join } from 'node:path'
import { resolveConfig } from '../src/config/resolve.ts'
import type { Clock } from '../src/lib/clock.ts'
import { systemClock } from '../src/lib/clock.ts'
import { Mesh } from '../src/mesh.ts'
import { addressOf } from './bench-mesh.ts'
import { answerCalls } from './calls.ts'
import { SocketTraffic } from './socket-traffic.ts'
import type { LookUp, SwarmCalls, SwarmPart } from './swarm-calls.ts'

const traffic = new SocketTraffic()
const meshes: Mesh[] = []
const published = new Set<number>()
let memoryBefore = 0

answerCalls<SwarmCalls>({
  open: async (part) => {
    memoryBefore = memory()
    for (let index = 0; index < part.count; index++) await startNode(part, index)
    const [first] = meshes
    if (first === undefined) throw new Error('a part of the swarm has no node')
    return await addressOf(first)
  },
  memory: async () => memory() - memoryBefore,
  published: async () => published.size,
  instances: async () => await Promise.all(meshes.map(async mesh => (await mesh.identity()).instanceId)),
  connections: async () => await Promise.all(meshes.map(async mesh => (await mesh.networkInfo()).connections.length)),
  traffic: async () => traffic.total,
  find: async (instances) => {
    const lookUps: LookUp[] = []
    for (const [index, instance] of instances.entries()) lookUps.push(...await lookUp(meshes[index % meshes.length], instance))
    return lookUps
  },
  close: async () => {
    await Promise.all(meshes.map(async (mesh) => { await mesh.stop() }))
    return null
  }
})

async function startNode({ folder, first, bootstrap, speed }: SwarmPart, index: number): Promise<void> {
  const number = first + index
  const config = resolveConfig({
    listenAddrs: ['/ip4/127.0.0.1/tcp/0'], discovery: ['bootstrap', 'dht'], enableUPnP: false, instanceName: `node-${String(number)}`,
    bootstrapList: await bootstrapOf(bootstrap)
  }, undefined, { hostname: 'bench' })
  const log = {
    debug: (line: string) => { if (/^[1-9]\d* nodes hold the record/.test(line)) published.add(number) },
    info: () => undefined, warn: (line: string) => { console.error(`node-${String(number)}: ${line}`) }, error: console.error
  }
  const mesh = new Mesh({ config, stateDir: join(folder, String(number)), log, version: 'bench', clock: fastClock(speed) })
  await mesh.start()
  meshes.push(mesh)
}

/** The first node of all knows nobody, and all others know it. */
async function bootstrapOf(bootstrap: string | undefined): Promise<string[]> {
  const [first] = meshes
  if (bootstrap !== undefined) return [bootstrap]
  return first === undefined ? [] : [await addressOf(first)]
}

function fastClock(speed: number): Clock {
  const begin = systemClock.now()
  return { now: () => begin + (systemClock.now() - begin) * speed, after: (ms, callback) => systemClock.after(ms / speed, callback) }
}

/** None where the seeker has heard of the instance. */
async function lookUp(seeker: Mesh | undefined, instance: string): Promise<LookUp[]> {
  if (seeker === undefined || (await seeker.listInstances()).some(({ instanceId }) => instanceId === instance)) return []
  const before = performance.now()
  const found = await seeker.resolveInstance(instance).then(({ instanceId }) => instanceId === instance, () => false)
  return [{ found, ms: performance.now() - before }]
}

function memory(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}
