/** What a mesh is made from: settings, a folder, and its surroundings as parameters. */
import type { Disk } from '../files/disk.ts'
import type { MeshConfig } from '../config/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'

export interface MeshInit {
  config: MeshConfig
  /** Folder of the mesh's state, e.g. `~/.openclaw/libp2p`; created with mode 0700. */
  stateDir: string
  log: Logger
  /** Version of this package, told to peers and in the status. */
  version: string
  clock: Clock
  /** Numbers in [0, 1). */
  random: () => number
  /** A fresh message ID in UUID form; IDs that grow with time keep their index small, so that a commit writes few pages. */
  newId: () => string
  /** What files of peers are written to. @default the machine's */
  disk?: Disk
}
