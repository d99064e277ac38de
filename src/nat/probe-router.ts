/** Brings each probe to the race whose token it carries; a probe without one is dropped, so strangers get no answer. */
import type { Endpoint } from './endpoint.ts'
import { decodeProbe, type ProbeKind } from './probe.ts'
import type { UdpPort } from './udx-socket.ts'

export type ProbeHandler = (kind: ProbeKind, from: Endpoint, via: UdpPort) => void

export class ProbeRouter {
  readonly #handlers = new Map<string, ProbeHandler>()

  /** Routes probes with this token; call what is returned to end it. */
  join(token: Uint8Array, handler: ProbeHandler): () => void {
    const key = keyOf(token)
    this.#handlers.set(key, handler)
    return () => { this.#handlers.delete(key) }
  }

  handle(bytes: Uint8Array, from: Endpoint, via: UdpPort): void {
    const probe = decodeProbe(bytes)
    if (probe !== undefined) this.#handlers.get(keyOf(probe.token))?.(probe.kind, from, via)
  }
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token).toString('hex')
}
