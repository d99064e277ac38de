/** Files as text for terminals and agents: names are safe already where peers gave them, and escaped all the same. */
import { errorLine } from '../lib/errors.ts'
import { escapeControl } from '../lib/text.ts'
import type { ReceivedFile, Transfer, TransferState } from '../mesh-api.ts'

/** One word for each state, as people read it, with what it means for the file. */
const STATES: Record<TransferState, string> = {
  asking: 'asking: the recipient\'s owner has to accept it',
  queued: 'queued: nothing moves now, it goes on by itself',
  moving: 'moving',
  received: 'received: the recipient has it whole, checked by its SHA-256',
  rejected: 'rejected: the recipient wants none of it',
  cancelled: 'cancelled by the sender',
  failed: 'failed',
  expired: 'expired: nothing happened for too long'
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']
const BAR_CELLS = 24

/** A size as people read it: `52.4 MB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  return power === 0 ? `${bytes} B` : `${(bytes / 1_000 ** power).toFixed(1)} ${UNITS[power] ?? ''}`
}

/** A file with how far it got. */
export function transferText(transfer: Transfer): string {
  const { transferId, direction, peerId, alias, name, bytes, sha256, state, path, error } = transfer
  const peer = alias === undefined ? peerId : `${escapeControl(alias)} (${peerId})`
  return [
    `File ${transferId} ${direction === 'out' ? 'to' : 'from'} ${peer}: ${escapeControl(name)}, ${bytesText(bytes)}`,
    `  ${stateText(transfer)}`,
    ...error === undefined ? [] : [`  ${escapeControl(errorLine({ ...error, reason: error.cause }))}`],
    ...direction === 'in' && state === 'received' && path !== undefined ? [`  ${escapeControl(path)} (from a peer, untrusted), SHA-256 ${sha256}`] : [],
    ...direction === 'in' && state === 'asking' ? [`  take it: openclaw p2p files accept ${transferId} - or not: openclaw p2p files cancel ${transferId}`] : []
  ].join('\n')
}

/** Files, the newest first. */
export function transfersText(transfers: readonly Transfer[]): string {
  return transfers.length === 0 ? 'No files' : transfers.map(transferText).join('\n')
}

/** `[########----------------]  33 %  17.3 of 52.4 MB  11.2 MB/s  3 s left` */
export function progressLine(transfer: Transfer): string {
  const { bytes, moved, state } = transfer
  const done = bytes === 0 ? 1 : moved / bytes
  const cells = Math.floor(done * BAR_CELLS)
  const bar = `[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}]`
  const word = state === 'moving' || state === 'received' ? '' : `  ${state}`
  return `${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${bytesText(moved)} of ${bytesText(bytes)}${paceText(transfer)}${word}`
}

/** What came in, on one line. */
export function receivedText({ name, bytes, path }: ReceivedFile): string {
  return `${escapeControl(name)} (${bytesText(bytes)}), kept at ${escapeControl(path)}`
}

function stateText(transfer: Transfer): string {
  const { state, moved, bytes } = transfer
  const isUnderWay = state === 'moving' || (state === 'queued' && moved > 0)
  return isUnderWay ? `${STATES[state]}, ${bytesText(moved)} of ${bytesText(bytes)}${paceText(transfer)}` : STATES[state]
}

function paceText({ bytes, moved, bytesPerSecond, state }: Transfer): string {
  if (state !== 'moving' || bytesPerSecond === undefined) return ''
  const left = bytesPerSecond === 0 ? 'stalled' : `${timeText((bytes - moved) / bytesPerSecond)} left`
  return `  ${bytesText(bytesPerSecond)}/s  ${left}`
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
