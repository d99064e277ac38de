/** Speeds and costs of many bytes, as the report shows them. */

const MB = 1_000_000

export function mbPerSecond(bytesPerMs: number): string {
  return `${(bytesPerMs * 1_000 / MB).toFixed(1)} MB/s`
}

export function msPerMb(msPerByte: number): string {
  return `${(msPerByte * MB).toFixed(2)} ms/MB`
}
