/** A mesh for the bench: on loopback, without discovery, and with no rate limit in the way. */
import { join } from 'node:path'
import { resolveConfig, type MeshConfig } from '../src/config/resolve.ts'
import type { Logger } from '../src/lib/log.ts'
import { Mesh } from '../src/mesh.ts'

/** More than all files of a run. */
const MANY_BYTES = 1_000_000_000_000

/** Everything that a default node runs, except what would reach beyond this machine. */
export function benchConfig(): MeshConfig {
  return resolveConfig({
    listenAddrs: ['/ip4/127.0.0.1/tcp/0'], discovery: [], enableUPnP: false, rateLimit: { approvedPerMinute: 1_000_000 },
    fileLimits: { maxBytes: MANY_BYTES, askAboveBytes: MANY_BYTES, perPeerBytes: MANY_BYTES, totalBytes: MANY_BYTES }
  }, undefined, { hostname: 'bench' })
}

/** A started mesh in a folder of its own. */
export async function startMesh(folder: string, name: string): Promise<Mesh> {
  const mesh = new Mesh({ config: benchConfig(), stateDir: join(folder, name), log: warnings(name), version: 'bench' })
  await mesh.start()
  return mesh
}

/** The mesh's first address, with its peer ID. */
export async function addressOf(mesh: Mesh): Promise<string> {
  const { listenAddrs, peerId } = await mesh.status()
  if (listenAddrs[0] === undefined) throw new Error('the mesh listens nowhere')
  return `${listenAddrs[0]}/p2p/${peerId}`
}

function warnings(name: string): Logger {
  const print = (message: string): void => { console.error(`${name}: ${message}`) }
  return { debug: () => undefined, info: () => undefined, warn: print, error: print }
}
