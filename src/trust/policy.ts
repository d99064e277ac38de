/** Who may leave what: the access decision for an inbound message, pure. */
import type { DmPolicy } from '../config/schema.ts'
import type { ErrorCode } from '../lib/errors.ts'
import type { ApprovalStatus, InboundRight } from '../mesh-api.ts'

export interface InboundFacts {
  dmPolicy: DmPolicy
  /** `approved` also when the configuration's `allowFrom` lists the peer. */
  status: ApprovalStatus
  /** Answers one of our messages to this very peer, within the bound of replies. */
  isAwaitedReply: boolean
}

export type InboundDecision =
  | { action: 'accept' }
  | { action: 'hold' }
  | { action: 'refuse', code: ErrorCode, text: string }

/** What happens to a message of a peer with this standing. */
export function decideInbound(facts: InboundFacts): InboundDecision {
  if (facts.status === 'blocked') return { action: 'refuse', code: 'BLOCKED', text: 'the recipient blocked this peer' }
  if (facts.dmPolicy === 'disabled') return { action: 'refuse', code: 'NOT_ALLOWED', text: 'the recipient takes no direct messages' }
  if (facts.status === 'approved' || facts.isAwaitedReply) return { action: 'accept' }
  switch (facts.dmPolicy) {
    case 'open':
      return { action: 'accept' }
    case 'pairing':
      return { action: 'hold' }
    case 'allowlist':
      return { action: 'refuse', code: 'NOT_APPROVED', text: 'the recipient takes messages of approved peers only' }
  }
}

/** A call is taken at once or not at all. */
export type CallDecision = Exclude<InboundDecision, { action: 'hold' }>

/** Whether a call of a peer with this standing may ring: a stranger's does not, not even where everybody may write. */
export function decideCall(dmPolicy: DmPolicy, status: ApprovalStatus): CallDecision {
  const decision = decideInbound({ dmPolicy, status, isAwaitedReply: false })
  if (decision.action === 'refuse') return decision
  return status === 'approved' ? { action: 'accept' } : { action: 'refuse', code: 'NOT_APPROVED', text: 'calls are taken of approved peers only' }
}

/** What a peer of this standing may do with messages that answer nothing. */
export function inboundRight(dmPolicy: DmPolicy, status: ApprovalStatus): InboundRight {
  const { action } = decideInbound({ dmPolicy, status, isAwaitedReply: false })
  switch (action) {
    case 'accept':
      return 'yes'
    case 'hold':
      return 'held'
    case 'refuse':
      return 'no'
  }
}
