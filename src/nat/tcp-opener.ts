/** TCP simultaneous open: a port kept without a listener, its mapping, and connecting from it until both sides' SYNs have crossed. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  STUN_TIMEOUT_MS, TCP_PORT_MAX, TCP_PORT_MIN, TCP_PORT_TRIES, TCP_RETRY_MAX_MS, TCP_RETRY_MIN_MS, TCP_SYN_TIMEOUT_MS
} from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { systemCode } from '../lib/errors.ts'
import type { Mapping } from './candidates.ts'
import { isSameEndpoint, type Endpoint } from './endpoint.ts'
import { decodeStun, encodeStunRequest, TRANSACTION_ID_BYTES } from './stun.ts'
import { StunFrames } from './stun-frames.ts'

export interface TcpOpenerInit {
  clock: Clock
  random: () => number
  randomBytes: (length: number) => Uint8Array
}

/** A local port, and how the outside sees it; the connections to the STUN servers keep the mapping open until `release`. */
export interface TcpPort {
  port: number
  mappings: Mapping[]
  release: () => void
}

export interface OpenOptions {
  localPort: number
  targets: readonly Endpoint[]
  signal: AbortSignal
}

export class TcpOpener {
  readonly #init: TcpOpenerInit

  constructor(init: TcpOpenerInit) {
    this.#init = init
  }

  /** A fresh port with what up to two STUN servers see of it; no mappings when none answered. @throws when no port is free */
  async prepare(servers: readonly Endpoint[], signal: AbortSignal): Promise<TcpPort> {
    for (let tries = 0; tries < TCP_PORT_TRIES; tries++) {
      const port = TCP_PORT_MIN + Math.floor(this.#init.random() * (TCP_PORT_MAX - TCP_PORT_MIN))
      const held: Socket[] = []
      const release = (): void => { for (const socket of held) socket.destroy() }
      const results = await Promise.allSettled(servers.slice(0, 2).map(async server => await this.#observe({ port, server, held, signal })))
      const isTaken = results.some(result => result.status === 'rejected' && systemCode(result.reason) === 'EADDRINUSE')
      if (!isTaken) return { port, mappings: results.flatMap(result => result.status === 'fulfilled' ? [result.value] : []), release }
      release()
    }
    throw new Error(`${String(TCP_PORT_TRIES)} random ports are all in use`)
  }

  /** The first socket that connects, or undefined when none did before the signal. */
  async open({ localPort, targets, signal }: OpenOptions): Promise<Socket | undefined> {
    const { promise, resolve } = Promise.withResolvers<Socket>()
    const done = new AbortController()
    const attempts = targets.map(async (target) => {
      const socket = await this.#knock(localPort, target, AbortSignal.any([signal, done.signal]))
      if (done.signal.aborted) socket?.destroy()
      else if (socket !== undefined) resolve(socket)
    })
    const winner = await Promise.race([promise, Promise.all(attempts).then(() => undefined)])
    done.abort()
    return winner
  }

  async #observe({ port, server, held, signal }: { port: number, server: Endpoint, held: Socket[], signal: AbortSignal }): Promise<Mapping> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(STUN_TIMEOUT_MS)])
    const socket = connect({ host: server.host, port: server.port, localPort: port, noDelay: true })
    held.push(socket)
    const transactionId = this.#init.randomBytes(TRANSACTION_ID_BYTES)
    const { promise, resolve, reject } = Promise.withResolvers<Mapping>()
    const fail = (error: Error): void => { reject(error) }
    const expire = (): void => { fail(new Error(`${server.host} did not answer`)) }
    const frames = new StunFrames((frame) => {
      const answer = decodeStun(frame)
      if (answer?.kind === 'response') resolve({ mapped: answer.mapped, attestation: answer.attestation })
    })
    socket.on('error', fail)
    socket.on('close', expire)
    socket.on('data', (bytes) => { if (!frames.push(bytes)) socket.destroy() })
    socket.once('connect', () => { socket.write(encodeStunRequest({ transactionId, wantsAttestation: true })) })
    deadline.addEventListener('abort', expire)
    try {
      return await promise
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      deadline.removeEventListener('abort', expire)
    }
  }

  /** Connects again and again: a router that answers RST instead of dropping needs fast retries. */
  async #knock(localPort: number, target: Endpoint, signal: AbortSignal): Promise<Socket | undefined> {
    while (!signal.aborted) {
      const socket = await tryConnect(localPort, target, signal)
      if (socket !== undefined) return socket
      await this.#pause(signal)
    }
    return undefined
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const wake = (): void => { resolve(undefined) }
    const ms = TCP_RETRY_MIN_MS + this.#init.random() * (TCP_RETRY_MAX_MS - TCP_RETRY_MIN_MS)
    const timer = this.#init.clock.after(ms, wake)
    signal.addEventListener('abort', wake)
    await promise
    timer.cancel()
    signal.removeEventListener('abort', wake)
  }
}

/** One SYN (and its repetitions by the system); undefined when it was refused or not answered in time. */
async function tryConnect(localPort: number, target: Endpoint, signal: AbortSignal): Promise<Socket | undefined> {
  const socket = connect({ host: target.host, port: target.port, localPort, noDelay: true })
  socket.on('error', () => { socket.destroy() })
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(TCP_SYN_TIMEOUT_MS)]) })
  } catch {
    socket.destroy() // the caller tries again until its time is over
    return undefined
  }
  if (socket.remotePort !== undefined && isSameEndpoint({ ...target, port: socket.remotePort }, target)) return socket
  socket.destroy()
  return undefined
}
