/** Creates the libp2p node of a state folder: identity, datastore, chosen ports and options put together. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Libp2p } from '@libp2p/interface'
import type { LevelDatastore } from 'datastore-level'
import { createLibp2p } from 'libp2p'
import { isOneMachine, type ReachConfig } from '../config/mesh-reach.ts'
import type { Logger } from '../lib/log.ts'
import { readSwarmKey } from '../lib/swarm-key.ts'
import { openDatastore } from './datastore.ts'
import { loadOrCreateIdentity } from './identity.ts'
import { listenError } from './listen-error.ts'
import { loadListenPorts, resolveListenAddrs, saveListenPorts } from './listen-ports.ts'
import { nodeOptions, type NodeConfig, type NodeServices, type ServiceFactories } from './options.ts'

/** The node, with the library services that are asked for things. */
export type MeshNode = Libp2p<NodeServices>

export interface CreateNodeInit {
  /** Folder of the mesh's state; created with mode 0700. */
  stateDir: string
  config: NodeConfig & ReachConfig & { networkKeyFile?: string | undefined }
  services: ServiceFactories
  /** The addresses to tell instead of the detected ones, from the listen addresses with their ports chosen. */
  announceOnly?: (listenAddrs: string[]) => string[]
  /** Whether the caller finds dead connections itself. @default false */
  watchesConnections?: boolean
  /** Whether one of `services` checks mapped ports. @default false */
  confirmsAddresses?: boolean
  version: string
  log: Logger
  now: () => number
  onSelfDiscovered: () => void
}

/** A libp2p node that is not started yet, and what must be closed after it was stopped. */
export interface CreatedNode {
  libp2p: MeshNode
  /** @throws MeshError when an address cannot be listened on */
  start: () => Promise<void>
  /** Closes the datastore; call it after `libp2p.stop()`. */
  close: () => Promise<void>
}

/**
 * @throws MeshError when the identity is unusable or another process has the state folder open
 */
export async function createNode(init: CreateNodeInit): Promise<CreatedNode> {
  await mkdir(init.stateDir, { recursive: true, mode: 0o700 })
  const privateKey = await loadOrCreateIdentity(join(init.stateDir, 'identity.key'))
  const networkKey = await loadNetworkKey(init)
  const datastore = await openDatastore(join(init.stateDir, 'peerstore'), {
    now: init.now,
    onMovedAside: (path, error) => { init.log.warn(`The peer store ${path} was unreadable (${error.message}); it was moved aside and begun anew`) }
  })
  try {
    const listenAddrs = await chooseListenAddrs(init.config.listenAddrs, datastore)
    const announceOnly = init.announceOnly?.(listenAddrs) ?? []
    const optional = networkKey === undefined ? {} : { networkKey }
    const libp2p = await createLibp2p(await nodeOptions({
      ...init, ...optional, privateKey, datastore, listenAddrs, announceOnly, isOneMachine: isOneMachine(init.config)
    }))
    return {
      libp2p,
      start: async () => { await start(libp2p) },
      close: async () => { await datastore.close() }
    }
  } catch (error) {
    await datastore.close()
    throw error
  }
}

async function start(libp2p: MeshNode): Promise<void> {
  try {
    await libp2p.start()
  } catch (error) {
    throw listenError(error)
  }
}

async function loadNetworkKey({ config: { networkKeyFile }, log }: CreateNodeInit): Promise<Uint8Array | undefined> {
  if (networkKeyFile === undefined) return undefined
  const { bytes, isExposed } = await readSwarmKey(networkKeyFile)
  if (isExposed) log.warn(`Others on this machine can read the network key; run: chmod 600 ${networkKeyFile}`)
  log.info('This is a private network: only nodes with its key connect')
  return bytes
}

async function chooseListenAddrs(configured: string[], datastore: LevelDatastore): Promise<string[]> {
  const remembered = await loadListenPorts(datastore)
  const { addresses, ports } = await resolveListenAddrs(configured, remembered)
  if (JSON.stringify(ports) !== JSON.stringify(remembered)) await saveListenPorts(datastore, { ...remembered, ...ports })
  return addresses
}
