/** Broadcasts of this node and of others: what is loaded for them only where they are on. */
import type { PeerId } from '@libp2p/interface'
import { MAX_BROADCAST_TEXT_BYTES } from '../config/broadcast-limits.ts'
import { isTopic, TOPIC_FORM } from '../config/topic.ts'
import { MeshError, toError } from '../lib/errors.ts'
import { oneLine, utf8Bytes } from '../lib/text.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import type { ApprovalStatus, BroadcastRequest, BroadcastResult } from '../mesh-api.ts'
import type { NodeComponents } from '../node/options.ts'
import type { BroadcastProtocol } from '../protocols/broadcast-protocol.ts'
import type { WireBroadcast } from '../protocols/wire-broadcast.ts'
import type { MeshInit } from './init.ts'

/** Long enough to recognise a broadcast, short enough for one line. */
const LOGGED_CHARACTERS = 200

/** What the service needs of the mesh around it, which is there when the first peer connects. */
export interface BroadcastSurroundings {
  isCompany: (peerId: PeerId) => boolean
  statusOf: (peerId: string) => ApprovalStatus
  mailbox: () => Mailbox
}

/** Makes the broadcast service of a node; undefined where broadcasts are off. */
export async function broadcastFactory(
  init: MeshInit, { statusOf, isCompany, mailbox }: BroadcastSurroundings
): Promise<((components: NodeComponents) => BroadcastProtocol) | undefined> {
  const { config: { enableBroadcast, meshTopic }, clock, log } = init
  if (!enableBroadcast) return undefined
  const { BroadcastProtocol: Protocol } = await import('../protocols/broadcast-protocol.ts')
  return components => new Protocol(components, {
    topic: meshTopic, statusOf, isCompany, now: clock.now, log,
    onBroadcast: (author, broadcast) => {
      receive({ author, broadcast, init, mailbox: mailbox() }).catch((error: unknown) => {
        log.error(`The broadcast ${broadcast.id} of ${author.toString()} could not be stored: ${toError(error).message}`)
      })
    }
  })
}

interface Received {
  author: PeerId
  broadcast: WireBroadcast
  init: MeshInit
  mailbox: Mailbox
}

async function receive({ author: peerId, broadcast, init: { config, log }, mailbox }: Received): Promise<void> {
  const author = peerId.toString()
  const outcome = await mailbox.incoming.receiveBroadcast({ author, topic: config.meshTopic, broadcast })
  if (outcome.kind === 'dropped') log.debug(`The broadcast ${broadcast.id} of ${author} is not shown: ${outcome.reason}`)
  if (outcome.kind === 'held') log.info(`Broadcast from ${author}, which is not approved: held for you, openclaw p2p inbox`)
  if (outcome.kind === 'shown') log.info(`Broadcast from ${author}: ${oneLine(broadcast.text, LOGGED_CHARACTERS)}`)
}

/** What sends broadcasts; without a protocol where they are off. */
export interface BroadcastSender {
  init: MeshInit
  protocol: BroadcastProtocol | undefined
}

/**
 * Sends a broadcast.
 *
 * @throws MeshError `INVALID_ARGUMENT`, `TOO_LARGE`, `RATE_LIMITED`, or `NOT_ALLOWED` where broadcasts are off
 */
export async function sendBroadcast(request: BroadcastRequest, { init, protocol }: BroadcastSender): Promise<BroadcastResult> {
  const { text, topic = init.config.meshTopic, hops = 0 } = request
  if (!isTopic(topic)) throw new MeshError('INVALID_ARGUMENT', `"${oneLine(topic, 80)}" is no topic: a topic is ${TOPIC_FORM}`)
  if (text.trim() === '') throw new MeshError('INVALID_ARGUMENT', 'a broadcast needs a text')
  const bytes = utf8Bytes(text)
  const limit = String(MAX_BROADCAST_TEXT_BYTES)
  if (bytes > MAX_BROADCAST_TEXT_BYTES) throw new MeshError('TOO_LARGE', `the text has ${String(bytes)} bytes, a broadcast takes ${limit}; send it in parts, or to each recipient`)
  if (protocol === undefined) throw new MeshError('NOT_ALLOWED', 'broadcasts are off here (enableBroadcast)')
  const messageId = init.newId()
  const recipients = await protocol.publish(topic, { id: messageId, sentAt: init.clock.now(), hops, text })
  return { messageId, topic, recipients }
}
