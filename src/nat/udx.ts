/** What this project uses of udx-native, which ships no types, and its lazy import. */

/** A UDP socket that carries UDX streams and plain datagrams. */
export interface UdxRawSocket {
  bind: (port: number, host: string) => void
  address: () => { host: string, family: number, port: number } | null
  /** Sends and forgets; `ttl` is for this datagram alone. */
  trySend: (...datagram: [bytes: Uint8Array, port: number, host: string, ttl?: number]) => void
  setRecvBufferSize: (bytes: number) => void
  setSendBufferSize: (bytes: number) => void
  /** Resolves once all streams on it have closed. */
  close: () => Promise<void>
  on: ((event: 'message', listener: (bytes: Uint8Array, from: { host: string, family: number, port: number }) => void) => void) &
    ((event: 'close', listener: () => void) => void)
}

/** A reliable byte stream; an event emitter like Node's duplex streams. */
export interface UdxStream {
  readonly id: number
  readonly remoteId: number
  readonly destroyed: boolean
  readonly destroying: boolean
  /** Smoothed round trip time in ms. */
  readonly rtt: number
  connect: (...remote: [socket: UdxRawSocket, remoteId: number, port: number, host: string]) => void
  /** Null when nothing is in flight; otherwise settles once what was in flight is acknowledged on the new path. */
  changeRemote: (...remote: [socket: UdxRawSocket, remoteId: number, port: number, host: string]) => Promise<void> | null
  setKeepalive: (ms: number) => void
  write: (bytes: Uint8Array) => boolean
  end: () => void
  destroy: (error?: Error) => void
  on: ((event: 'data', listener: (bytes: Uint8Array) => void) => UdxStream) &
    ((event: 'drain' | 'end' | 'close', listener: () => void) => UdxStream) &
    ((event: 'error', listener: (error: Error) => void) => UdxStream)
}

/** One per node: stream IDs are unique in it, and a stream can only move between its sockets. */
export interface Udx {
  createSocket: (options?: { ipv6Only?: boolean }) => UdxRawSocket
  createStream: (id: number, options: { firewall: () => boolean }) => UdxStream
}

/**
 * Loads the native module.
 *
 * @throws when there is no build of it for this system (musl, for example)
 */
export async function loadUdx(): Promise<Udx> {
  // @ts-expect-error udx-native ships no types; the interfaces above are what is used of it
  const { default: Implementation } = await import('udx-native') as { default: new () => Udx }
  return new Implementation()
}
