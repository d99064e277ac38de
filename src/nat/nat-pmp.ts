/** NAT-PMP (RFC 6886): asks the router next door for its public address and for a port of it. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { PMP_FIRST_WAIT_MS, PMP_TRIES } from '../config/nat-limits.ts'

const PORT = 5351
const VERSION = 0
const [OP_ADDRESS, OP_MAP_TCP] = [0, 2]
/** Answers carry the operation with this bit. */
const ANSWER = 128
const REASONS = ['', 'it does not know this version', 'it refuses', 'it has no address itself', 'it has no port left', 'it does not know the request']

export interface PmpMapping {
  externalPort: number
  /** 0 when the mapping is gone. */
  lifetimeMs: number
}

/** The public IPv4 address of the router at `gateway`. @throws when it does not answer or refuses */
export async function externalAddress(gateway: string, signal: AbortSignal): Promise<string> {
  const answer = await ask({ gateway, question: Uint8Array.of(VERSION, OP_ADDRESS), answerBytes: 12 }, signal)
  return answer.subarray(8, 12).join('.')
}

/**
 * Maps a TCP port of the router to ours, the same number if it is free; with a lifetime of 0 the mapping is taken back.
 *
 * @throws when the router does not answer or refuses
 */
export async function mapTcpPort(gateway: string, { port, lifetimeMs }: { port: number, lifetimeMs: number }, signal: AbortSignal): Promise<PmpMapping> {
  const question = Buffer.alloc(12)
  question.writeUInt8(OP_MAP_TCP, 1)
  question.writeUInt16BE(port, 4)
  question.writeUInt16BE(lifetimeMs === 0 ? 0 : port, 6)
  question.writeUInt32BE(Math.round(lifetimeMs / 1_000), 8)
  const answer = await ask({ gateway, question, answerBytes: 16 }, signal)
  return { externalPort: answer.readUInt16BE(10), lifetimeMs: answer.readUInt32BE(12) * 1_000 }
}

interface Asked {
  gateway: string
  question: Uint8Array
  answerBytes: number
}

/** Each wait is twice as long as the one before. */
async function ask({ gateway, question, answerBytes }: Asked, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    socket.connect(PORT, gateway) // so that nobody else can answer
    await once(socket, 'connect', { signal })
    for (let attempt = 0; attempt < PMP_TRIES; attempt++) {
      const wait = AbortSignal.any([signal, AbortSignal.timeout(PMP_FIRST_WAIT_MS * 2 ** attempt)])
      const answer = await answerTo(socket, question, wait)
      if (answer !== undefined) return checked(answer, answerBytes)
      signal.throwIfAborted()
    }
    throw new Error(`the router ${gateway} does not speak NAT-PMP`)
  } finally {
    socket.close()
  }
}

async function answerTo(socket: Socket, question: Uint8Array, signal: AbortSignal): Promise<Buffer | undefined> {
  socket.send(question)
  try {
    for (;;) {
      const [answer] = await once(socket, 'message', { signal }) as [Buffer]
      if (answer.byteLength >= 8 && answer[1] === ANSWER + (question[1] ?? 0)) return answer
    }
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function checked(answer: Buffer, bytes: number): Buffer {
  const result = answer.readUInt16BE(2)
  if (result !== 0) throw new Error(`the router gives no port: ${REASONS[result] ?? `code ${result}`}`)
  if (answer.byteLength < bytes) throw new Error('the router gives a broken answer')
  return answer
}
