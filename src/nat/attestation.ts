/** The signature of a relay on a mapping that it observed: what keeps a peer from naming a third party's address as its own. */
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { hostBytes, type Endpoint } from './endpoint.ts'
import type { Attestation } from './stun.ts'

/** Signs that a datagram from `mapped` reached the relay at `timeMs`. */
export async function attest(key: Pick<PrivateKey, 'sign'>, mapped: Endpoint, timeMs: number): Promise<Attestation> {
  return { timeMs, signature: await key.sign(statement(mapped, timeMs)) }
}

/** Whether `relay` signed that it observed `mapped`; its age is for the caller to judge. */
export async function isAttested(attestation: Attestation, mapped: Endpoint, relay: PeerId): Promise<boolean> {
  if (relay.publicKey === undefined) return false
  return await relay.publicKey.verify(statement(mapped, attestation.timeMs), attestation.signature)
}

/** The domain keeps the signature from meaning anything elsewhere. */
const DOMAIN = new TextEncoder().encode('libp2p-mesh observed address 1\n')

function statement(mapped: Endpoint, timeMs: number): Uint8Array {
  const host = hostBytes(mapped)
  const bytes = new Uint8Array(DOMAIN.byteLength + 10 + host.byteLength)
  const view = new DataView(bytes.buffer)
  bytes.set(DOMAIN)
  view.setBigUint64(DOMAIN.byteLength, BigInt(timeMs))
  view.setUint16(DOMAIN.byteLength + 8, mapped.port)
  bytes.set(host, DOMAIN.byteLength + 10)
  return bytes
}
