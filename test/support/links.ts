/** Connections, loggers and handlers for the units that carry messages. */

import { randomUUID } from 'node:crypto'
import type { ComponentLogger, Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { MessageHandler } from '../../src/protocols/message-link.ts'
import type { WireAck, WireMessage } from '../../src/protocols/wire-message.ts'
import { Seen } from './seen.ts'
import { carol } from './peers.ts'

export interface TestConnectionInit {
  isRelayed?: boolean
  host?: string
  status?: Connection['status']
  newStream?: (options: { signal: AbortSignal }) => Promise<Stream>
}

/** The part of a connection that the mesh looks at. */
export function testConnection(remotePeer: PeerId, init: TestConnectionInit = {}): Connection {
  const direct = `/ip4/${init.host ?? '192.0.2.7'}/tcp/4001`
  const connection = {
    id: randomUUID(),
    remotePeer,
    remoteAddr: multiaddr(init.isRelayed === true ? `${direct}/p2p/${carol.toString()}/p2p-circuit` : direct),
    status: init.status ?? 'open',
    newStream: async (_protocol: string, options: { signal: AbortSignal }) => {
      if (init.newStream === undefined) throw new Error('no stream is to be opened here')
      return await init.newStream(options)
    }
  }
  return connection as unknown as Connection
}

/** A logger that says nothing. */
export function silentLogger(): ComponentLogger {
  const ignore = (): void => undefined
  const log: Logger = Object.assign(ignore, { error: ignore, trace: ignore, enabled: false, newScope: () => log })
  return { forComponent: () => log }
}

interface Taken {
  from: PeerId
  message: WireMessage
  connection: Connection
  /** Says that the message is on disk, or why it is refused. */
  answer: (ack: WireAck) => void
  fail: (error: Error) => void
}

/** The owner of the links: keeps what comes in, and answers when the test does. */
export class TestHandler implements MessageHandler {
  readonly messages = new Seen<Taken>()
  readonly acks = new Seen<WireAck>()
  readonly records = new Seen<Uint8Array>()
  readonly opened: string[] = []
  readonly closed = new Seen<string>()
  /** Answers at once where it is set. */
  answer: ((message: WireMessage) => WireAck) | undefined

  readonly handleMessage = async (from: PeerId, message: WireMessage, connection: Connection): Promise<WireAck> => {
    const { promise, resolve, reject } = Promise.withResolvers<WireAck>()
    this.messages.add({ from, message, connection, answer: resolve, fail: reject })
    if (this.answer !== undefined) resolve(this.answer(message))
    return await promise
  }

  readonly handleAcks = (_from: PeerId, acks: WireAck[]): void => { for (const ack of acks) this.acks.add(ack) }
  readonly handleAnnounce = (_from: PeerId, record: Uint8Array): void => { this.records.add(record) }
  readonly handleLinkOpened = (peerId: PeerId): void => { this.opened.push(peerId.toString()) }
  readonly handleLinkClosed = (peerId: PeerId): void => { this.closed.add(peerId.toString()) }
}
