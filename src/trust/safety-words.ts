/** Four words that two owners compare aloud: a fingerprint of both their keys, the same on either side. */
import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { PeerId } from '@libp2p/interface'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { rawKeyOf } from '../lib/agent-id.ts'

const WORDS = 4
const BITS_PER_WORD = 11
const BYTES = 6
/** 16 MiB and some 50 ms: whoever sits between two peers must find keys by trial whose words agree, and pays this for each. */
const COST = { N: 2 ** 14, r: 8, p: 1 }

const stretch = promisify<Buffer, string, number, typeof COST, Buffer>(scrypt)

export async function safetyWords(one: PeerId, other: PeerId): Promise<string[]> {
  const keys = [one, other].map(peerId => Buffer.from(rawKeyOf(peerId))).sort((a, b) => Buffer.compare(a, b))
  const fingerprint = (await stretch(Buffer.concat(keys), 'libp2p-mesh safety words', BYTES, COST)).readUIntBE(0, BYTES)
  return Array.from({ length: WORDS }, (_, index) => wordlist[Math.floor(fingerprint / 2 ** (index * BITS_PER_WORD)) % 2 ** BITS_PER_WORD] ?? '')
}
