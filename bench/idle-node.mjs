// Starts one node in a fresh process, from compiled code as it is installed, and tells over IPC how long that took and what it holds at rest.
import { setTimeout as delay } from 'node:timers/promises'

/** @type {import('./idle-nodes.ts').IdleJob} */
const { kind, meshModule, stateDir, config, settleMs } = JSON.parse(process.argv[2] ?? '')

/** Loads everything that the start needs, and gives the start. */
async function prepare() {
  if (kind === 'mesh') {
    const { Mesh } = await import(meshModule)
    const log = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error }
    const mesh = new Mesh({ config, stateDir, log, version: 'bench' })
    return async () => { await mesh.start() }
  }
  const [{ createLibp2p }, { tcp }, { noise }, { yamux }] = await Promise.all([
    import('libp2p'), import('@libp2p/tcp'), import('@libp2p/noise'), import('@libp2p/yamux')
  ])
  const options = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
  return async () => { await createLibp2p(options) }
}

const start = await prepare()
const before = performance.now()
await start()
const startMs = performance.now() - before
await delay(settleMs)
process.send?.({ startMs, rssMiB: process.memoryUsage.rss() / 2 ** 20 }, () => { process.exit() })
