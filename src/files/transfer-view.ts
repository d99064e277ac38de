/** From a stored transfer to the plain data that its callers see. */
import type { Transfer } from '../mesh-api.ts'
import type { TransferGauge } from './transfer-gauge.ts'
import type { TransferRow } from './transfer-store.ts'

/** @param gauge of one that moves */
export function toTransfer(row: TransferRow, gauge: TransferGauge | undefined): Transfer {
  const bytesPerSecond = row.state === 'moving' ? gauge?.bytesPerSecond : undefined
  return {
    transferId: row.id,
    direction: row.direction,
    peerId: row.peerId,
    name: row.name,
    bytes: row.bytes,
    ...row.sha256 !== undefined && { sha256: row.sha256 },
    state: row.state,
    moved: row.state === 'received' ? row.bytes : gauge?.moved ?? row.moved,
    ...bytesPerSecond !== undefined && { bytesPerSecond },
    ...row.path !== undefined && { path: row.path },
    ...row.callId !== undefined && { callId: row.callId },
    startedAt: row.startedAt,
    updatedAt: row.updatedAt,
    ...row.error !== undefined && { error: { code: row.error.code, message: row.error.text, ...row.error.reason !== undefined && { cause: row.error.reason } } }
  }
}
