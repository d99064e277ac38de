/** A process with a part of the swarm: real nodes on loopback that know one address, and a clock that may run fast. */
import { join as pathOf } from 'node:path'
import { resolveConfig } from '../src/config/resolve.ts'
import type { Clock } from '../src/lib/clock.ts'
import { systemClock } from '../src/lib/clock.ts'
import { Mesh } from '../src/mesh.ts'
import { addressOf } from './bench-mesh.ts'
import { answerCalls } from './calls.ts'
import { SocketTraffic } from './socket-traffic.ts'
import type { LookUp, SwarmCalls, SwarmPart } from './swarm-calls.ts'

const traffic = new SocketTraffic()
/** One node, on a machine that does other things as well. */
const JOIN_TIMEOUT_MS = 120_000
const meshes: Mesh[] = []
const joined: number[] = []
let memoryBefore = 0

answerCalls<SwarmCalls>({
  open: async (part) => {
    memoryBefore = memory()
    for (let index = 0; index < part.count; index++) await join(part, index)
    const [first] = meshes
    if (first === undefined) throw new Error('a part of the swarm has no node')
    return await addressOf(first)
  },
  memory: async () => memory() - memoryBefore,
  joined: async () => joined,
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

/** The next node comes when this one is part of the network. */
async function join(part: SwarmPart, index: number): Promise<void> {
  const before = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => { reject(new Error(`node-${String(part.first + index)} had put no record after ${String(JOIN_TIMEOUT_MS)} ms`)) }, JOIN_TIMEOUT_MS)
  const isAlone = part.bootstrap === undefined && index === 0
  try {
    await startNode(part, index, () => { resolve(undefined) })
    if (!isAlone) joined.push(await promise.then(() => performance.now() - before))
  } finally {
    clearTimeout(timer)
  }
}

async function startNode({ folder, first, bootstrap, speed }: SwarmPart, index: number, onPut: () => void): Promise<void> {
  const number = String(first + index)
  const config = resolveConfig({
    listenAddrs: ['/ip4/127.0.0.1/tcp/0'], discovery: ['bootstrap', 'dht'], enableUPnP: false, instanceName: `node-${number}`,
    bootstrapList: await bootstrapOf(bootstrap)
  }, undefined, { hostname: 'bench' })
  const log = {
    debug: (line: string) => { if (/^[1-9]\d* nodes hold the record/.test(line)) onPut() },
    info: () => undefined, warn: (line: string) => { console.error(`node-${number}: ${line}`) }, error: console.error
  }
  const mesh = new Mesh({ config, stateDir: pathOf(folder, number), log, version: 'bench', clock: fastClock(speed) })
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
