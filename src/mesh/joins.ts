/** Goes to other nodes with the tickets that they gave out. */
import { randomBytes } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { MAX_JOIN_ATTEMPTS } from '../config/invite-limits.ts'
import { MeshError } from '../lib/errors.ts'
import type { JoinedPeer, JoinRequest } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import { INVITE_NONCE_BYTES, type InviteRefusalReason } from '../protocols/invite-frames.ts'
import type { InviteOutcome, InviteProtocol, InviteVisit } from '../protocols/invite-protocol.ts'
import { identityOf, requireFreeAlias } from '../trust/approvals.ts'
import { inviteKeys, inviteProof, isSameProof } from '../trust/invite-proof.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { parseTicket, type Ticket } from '../trust/ticket.ts'
import type { MeshInit } from './init.ts'
import type { Pairing } from './pairing.ts'

export interface JoinsInit {
  init: Pick<MeshInit, 'clock' | 'config'>
  network: Network
  book: PeerBook
  pairing: Pairing
  protocol: InviteProtocol
  self: PeerId
}

export class Joins {
  readonly #init: JoinsInit

  constructor(init: JoinsInit) {
    this.#init = init
  }

  /** @throws MeshError `INVALID_TICKET` with the reason, `UNREACHABLE`, `RATE_LIMITED`, `BLOCKED`, `PIN_MISMATCH` */
  async join({ ticket: text, name }: JoinRequest): Promise<JoinedPeer> {
    const { book, pairing } = this.#init
    const ticket = parseTicket(text)
    const identity = identityOf(ticket.peerId)
    this.#checkInviter(ticket.peerId)
    if (name !== undefined) requireFreeAlias(book, name, identity.peerId)
    const claimed = await this.#present(ticket)
    const { alias, released } = await pairing.letIn(ticket.peerId, { wanted: name, claimed })
    return {
      ...identity, ...alias !== undefined && { alias }, ...claimed !== '' && { instanceId: `${claimed}@${identity.agentId}` },
      released, safetyWords: await pairing.safetyWords(identity.peerId)
    }
  }

  #checkInviter(peerId: PeerId): void {
    const text = peerId.toString()
    if (peerId.equals(this.#init.self)) {
      throw new MeshError('INVALID_TICKET', 'this node made the ticket itself; it is for the other one to join with', { reason: 'own' })
    }
    if (this.#init.book.statusOf(text) === 'blocked') throw new MeshError('BLOCKED', `${text} is blocked here; \`openclaw p2p approve ${text}\` lifts that`)
  }

  /** The name that the inviter gives itself, once both sides have proved that they know the secret. */
  async #present(ticket: Ticket): Promise<string> {
    const { init: { config, clock }, self } = this.#init
    const { id, key } = inviteKeys(ticket.secret)
    const nonce = randomBytes(INVITE_NONCE_BYTES)
    const name = config.instanceName
    const transcript = (inviterNonce: Uint8Array) => ({ inviter: ticket.peerId, joiner: self, joinerNonce: nonce, inviterNonce })
    const isExpired = ticket.expiresAt <= clock.now()
    try {
      const { answer, inviterNonce } = await this.#visit(ticket, {
        hello: { invitationId: id, nonce },
        prove: challenge => ({ mac: inviteProof(key, transcript(challenge), { role: 'joiner', name }), name })
      })
      if (answer.kind === 'refusal') throw refusalError(answer, ticket.peerId.toString())
      const { proof } = answer
      if (!isSameProof(proof.mac, inviteProof(key, transcript(inviterNonce), { role: 'inviter', name: proof.name }))) throw ticketError('forged', ticket.peerId.toString())
      return proof.name
    } catch (error) {
      throw isExpired && isExplainedByAge(error) ? ticketError('expired', ticket.peerId.toString()) : error
    }
  }

  /** Comes again when the connection breaks or the other side stumbles: in the same exchange, so that the ticket is still ours. */
  async #visit({ peerId, addresses }: Ticket, visit: InviteVisit): Promise<InviteOutcome> {
    const { network, protocol } = this.#init
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === MAX_JOIN_ATTEMPTS
      try {
        await network.connect(peerId, { addresses })
        const outcome = await protocol.visit(peerId, visit)
        if (isLast || outcome.answer.kind !== 'refusal' || outcome.answer.reason !== 'fault') return outcome
      } catch (error) {
        if (isLast || !(error instanceof MeshError && error.reason === 'closed')) throw error
      }
    }
  }
}

/** The inviter may be gone, or have forgotten a ticket that ended long ago. */
function isExplainedByAge(error: unknown): boolean {
  return error instanceof MeshError && (error.code === 'UNREACHABLE' || error.reason === 'forged')
}

function refusalError({ reason, retryAfterMs }: { reason: InviteRefusalReason, retryAfterMs: number }, inviter: string): MeshError {
  switch (reason) {
    case 'forged':
    case 'used':
    case 'expired': return ticketError(reason, inviter)
    case 'blocked': return new MeshError('BLOCKED', `${inviter} has blocked this node; the ticket is still good for another one`)
    case 'busy': return new MeshError('RATE_LIMITED', `${inviter} takes no more tries now`, { retryAfterMs })
    case 'fault': return new MeshError('UNREACHABLE', `${inviter} could not store the approval; its log says why. Join again`, { reason: 'fault' })
  }
}

const TICKET_FAULTS = {
  forged: 'never gave out this ticket: it was changed or made up; ask the other owner for a new one, on a way that you trust',
  used: 'has given this ticket to a peer already, and each is good for one; if that was not this node, tell the other owner. Ask for a new one',
  expired: 'gave out this ticket for a time that is over; ask for a new one'
} as const

function ticketError(reason: keyof typeof TICKET_FAULTS, inviter: string): MeshError {
  return new MeshError('INVALID_TICKET', `${inviter} ${TICKET_FAULTS[reason]}`, { reason })
}
