/** Which files of peers are taken: at once, after the owner was asked, or not at all; pure. */
import { MAX_OPEN_PER_PEER, MAX_OPEN_TRANSFERS } from '../config/file-limits.ts'
import type { FileLimits } from '../config/resolve.ts'
import type { DmPolicy } from '../config/schema.ts'
import { MeshError } from '../lib/errors.ts'
import type { ApprovalStatus } from '../mesh-api.ts'
import type { Usage } from './transfer-store.ts'

export interface FileFacts {
  limits: FileLimits
  dmPolicy: DmPolicy
  status: ApprovalStatus
  bytes: number
  /** The owner agreed to this one. */
  isAccepted: boolean
  ofPeer: Usage
  ofAll: Usage
  /** Unfinished transfers to here. */
  openOfPeer: number
  openOfAll: number
  /** What the disk has left for it. */
  freeBytes: number
}

export type FileDecision = { action: 'accept' } | { action: 'ask' } | { action: 'refuse', error: MeshError }

/** How soon a peer that met a limit on unfinished transfers may try again. */
const FULL_RETRY_MS = 60_000

/** What happens to a file that a peer offers. Nothing is stored of one that is refused. */
export function decideFile(facts: FileFacts): FileDecision {
  const error = standingError(facts) ?? sizeError(facts) ?? queueError(facts)
  if (error !== undefined) return { action: 'refuse', error }
  return facts.isAccepted || facts.bytes <= facts.limits.askAboveBytes ? { action: 'accept' } : { action: 'ask' }
}

/** Why nothing at all is taken of a peer of this standing. */
export function standingError({ status, dmPolicy }: Pick<FileFacts, 'status' | 'dmPolicy'>): MeshError | undefined {
  if (status === 'blocked') return new MeshError('BLOCKED', 'this peer is blocked')
  if (dmPolicy === 'disabled') return new MeshError('NOT_ALLOWED', 'nothing of peers is taken here')
  return status === 'approved' ? undefined : new MeshError('NOT_APPROVED', 'files of approved peers only are taken')
}

function sizeError({ limits, bytes, ofPeer, ofAll, freeBytes }: FileFacts): MeshError | undefined {
  if (bytes > limits.maxBytes) return new MeshError('TOO_LARGE', `files of at most ${String(limits.maxBytes)} bytes are taken`)
  const isOverQuota = ofPeer.bytes + bytes > limits.perPeerBytes || ofAll.bytes + bytes > limits.totalBytes
  if (isOverQuota) return new MeshError('QUOTA_EXCEEDED', 'there is no room for more files of this peer until the owner took some away')
  return bytes > freeBytes ? new MeshError('DISK_FULL', 'the disk has no room for it') : undefined
}

function queueError({ openOfPeer, openOfAll }: FileFacts): MeshError | undefined {
  if (openOfPeer < MAX_OPEN_PER_PEER && openOfAll < MAX_OPEN_TRANSFERS) return undefined
  return new MeshError('QUEUE_FULL', 'too many files have not ended', { retryAfterMs: FULL_RETRY_MS })
}
