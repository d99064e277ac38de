/** A message protocol on a network of connections that the test makes. */

import assert from 'node:assert/strict'
import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { MESSAGE_PROTOCOL, MessageProtocol } from '../../src/protocols/message-protocol.ts'
import { FakeClock } from './fake-clock.ts'
import { silentLogger, testConnection, TestHandler, type TestConnectionInit } from './links.ts'
import { alice } from './peers.ts'
import { Seen } from './seen.ts'
import { FarEnd, plainPair } from './streams.ts'

class ProtocolFixture {
  readonly clock = new FakeClock()
  readonly handler = new TestHandler()
  /** Peers that were reported, each with the name of the error. */
  readonly offences: string[] = []
  /** The far ends of the streams that the protocol opened. */
  readonly opened = new Seen<FarEnd>()
  readonly registered: Array<{ protocol: string, options: StreamHandlerOptions | undefined }> = []
  readonly protocol: MessageProtocol
  readonly #connections: Connection[] = []
  #accept: StreamHandler | undefined

  constructor() {
    this.protocol = new MessageProtocol({
      logger: silentLogger(),
      connectionManager: { getConnections: peerId => this.#connections.filter(connection => peerId === undefined || connection.remotePeer.equals(peerId)) },
      registrar: {
        handle: async (protocol, handler, options) => {
          this.registered.push({ protocol, options })
          this.#accept = handler
        },
        unhandle: async (protocol) => {
          assert.equal(protocol, MESSAGE_PROTOCOL)
          this.#accept = undefined
        }
      }
    }, { clock: this.clock, handler: this.handler, onOffence: (peerId, error) => { this.offences.push(`${peerId.toString()} ${error.name}`) } })
  }

  readonly isListening = (): boolean => this.#accept !== undefined

  readonly connect = (peerId = alice, init: TestConnectionInit = {}): Connection => {
    const connection = testConnection(peerId, { newStream: async () => await this.#open(), ...init })
    this.#connections.push(connection)
    return connection
  }

  /** The peer opens a stream to us. */
  readonly accept = async (connection: Connection): Promise<FarEnd> => {
    const [far, near] = await plainPair()
    assert.ok(this.#accept, 'nobody listens')
    await this.#accept(near, connection)
    return new FarEnd(far)
  }

  async #open(): Promise<Stream> {
    const [near, far] = await plainPair()
    this.opened.add(new FarEnd(far))
    return near
  }
}

/** A started protocol without connections. */
export async function startedProtocol(): Promise<ProtocolFixture> {
  const fixture = new ProtocolFixture()
  await fixture.protocol.start()
  return fixture
}
