/** Message streams that are opened without anybody waiting for them. */
import type { PeerId } from '@libp2p/interface'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'

/** What to do when the peer takes none: whoever wants to send it something finds out by himself. */
export function noStream(log: Pick<Logger, 'debug'>, peerId: PeerId): (error: unknown) => void {
  return (error) => { log.debug(`Peer ${peerId.toString()} takes no message stream: ${toError(error).message}`) }
}
