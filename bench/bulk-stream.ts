/** Bytes from memory over one stream, counted at the other end: what any transfer is measured against. */
import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { timed } from './stopwatch.ts'

const CHUNK = new Uint8Array(65_536).fill(0x61)
const READY = Uint8Array.of(1)
const COUNT_BYTES = 4

/** How long it took until the other side had it all, in ms. */
export async function sendBulk(stream: Stream, bytes: number): Promise<number> {
  const pipe = byteStream(stream)
  await pipe.read({ bytes: READY.byteLength })
  return await timed(async () => {
    for (let sent = 0; sent < bytes; sent += CHUNK.byteLength) await pipe.write(CHUNK)
    const counted = pipe.read({ bytes: COUNT_BYTES })
    await stream.close()
    const arrived = Buffer.from((await counted).subarray()).readUInt32BE()
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`)
  })
}

/** Says when it listens: the library cuts a stream that more than 4 MiB came on before its handler was called. */
export function countBulk(stream: Stream, onError: (error: unknown) => void): void {
  let received = 0
  stream.addEventListener('message', ({ data }) => { received += data.byteLength })
  stream.addEventListener('remoteCloseWrite', () => {
    const answer = Buffer.alloc(COUNT_BYTES)
    answer.writeUInt32BE(received)
    stream.send(answer)
    stream.close().catch(onError)
  })
  stream.send(READY)
}
