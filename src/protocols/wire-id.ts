/** IDs of messages, files and calls: a UUID in text, 16 bytes on the wire. */

const ID_BYTES = 16

/** The bytes of a UUID. */
export function idToBytes(id: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(id.replaceAll('-', ''), 'hex'))
}

/** The UUID of 16 bytes; undefined for any other number of them. */
export function idFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength !== ID_BYTES) return undefined
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
