/** Tickets that this node gives out, and the peers that come with them. */
import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { INVITE_DEFAULT_MS, INVITE_MAX_MS, INVITE_MIN_MS, INVITE_TRIES_PER_ADDRESS, INVITE_TRIES_PER_PEER } from '../config/invite-limits.ts'
import { MAX_TRACKED_PEERS } from '../config/limits.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { MeshError, toError } from '../lib/errors.ts'
import type { EventLog } from '../lib/event-log.ts'
import type { GroupCommit } from '../lib/group-commit.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import type { Invite, InviteRequest } from '../mesh-api.ts'
import type { Network } from '../node/network.ts'
import type { InviteAnswer } from '../protocols/invite-frames.ts'
import type { InviteGuest, InviteHandler } from '../protocols/invite-protocol.ts'
import { requireFreeAlias } from '../trust/approvals.ts'
import { Invitations, type Invitation, type Redemption } from '../trust/invitations.ts'
import { inviteKeys, inviteProof, isSameProof, type InviteTranscript } from '../trust/invite-proof.ts'
import type { PeerBook } from '../trust/peer-book.ts'
import { formatTicket, SECRET_BYTES } from '../trust/ticket.ts'
import { ticketAddresses } from '../trust/ticket-addresses.ts'
import type { MeshInit } from './init.ts'
import type { Pairing } from './pairing.ts'
import type { UnnumberedEvent } from './views.ts'

export interface InvitesInit {
  init: Pick<MeshInit, 'clock' | 'config' | 'log'>
  events: EventLog<UnnumberedEvent>
  database: DatabaseSync
  commits: GroupCommit
  book: PeerBook
  pairing: Pairing
  network: Pick<Network, 'announcedAddrs'>
  self: PeerId
}

export class Invites implements InviteHandler {
  readonly #init: InvitesInit
  readonly #invitations: Invitations
  readonly #triesOfPeer: RateLimiter
  readonly #triesOfAddress: RateLimiter

  constructor(init: InvitesInit) {
    const { database, commits, init: { clock: { now } } } = init
    this.#init = init
    this.#invitations = new Invitations({ database, commits, now })
    const limits = { windowMs: 3_600_000, maxKeys: MAX_TRACKED_PEERS, now }
    this.#triesOfPeer = new RateLimiter({ ...limits, limit: INVITE_TRIES_PER_PEER })
    this.#triesOfAddress = new RateLimiter({ ...limits, limit: INVITE_TRIES_PER_ADDRESS })
  }

  /**
   * Makes a ticket for one peer.
   *
   * @throws MeshError `INVALID_ARGUMENT`, `PIN_MISMATCH` when the name is another peer's, `QUOTA_EXCEEDED`
   */
  async create({ name, expiresInMs = INVITE_DEFAULT_MS }: InviteRequest): Promise<Invite> {
    const { book, network, self, init: { clock } } = this.#init
    if (!(expiresInMs >= INVITE_MIN_MS && expiresInMs <= INVITE_MAX_MS)) throw new MeshError('INVALID_ARGUMENT', 'an invitation is good for 1 second to 7 days')
    if (name !== undefined) requireFreeAlias(book, name)
    const suffix = `/p2p/${self.toString()}`
    const addresses = ticketAddresses(network.announcedAddrs().map(text => multiaddr(text.endsWith(suffix) ? text.slice(0, -suffix.length) : text)))
    const secret = randomBytes(SECRET_BYTES)
    const expiresAt = Math.ceil((clock.now() + expiresInMs) / 1_000) * 1_000
    const { id, key } = inviteKeys(secret)
    await this.#invitations.add({ id, key, alias: name ?? null, expiresAt })
    const { text, uri } = formatTicket({ peerId: self, secret, expiresAt, addresses })
    return { inviteId: id, peerId: self.toString(), ticket: text, uri, addrs: addresses.map(address => address.toString()), expiresAt }
  }

  /** Tries through a relay count for the peer alone: who uses up a relay's share would shut out all others that come through it. */
  handleTry(connection: Connection): number {
    const [host] = connection.remoteAddr.getComponents()
    const retryAfterMs = this.#triesOfPeer.take(connection.remotePeer.toString())
    return retryAfterMs > 0 || isRelayed(connection) ? retryAfterMs : this.#triesOfAddress.take(host?.value ?? '')
  }

  async handleGuest(guest: InviteGuest): Promise<InviteAnswer> {
    const { init: { config, log }, self } = this.#init
    const peerId = guest.connection.remotePeer
    const transcript = { inviter: self, joiner: peerId, inviterNonce: guest.nonce, joinerNonce: guest.hello.nonce }
    try {
      const redemption = await this.#redeem(guest, transcript)
      if (redemption.isGood) {
        await this.#tell(peerId, redemption.invitation)
        const name = config.instanceName
        return { kind: 'welcome', proof: { mac: inviteProof(redemption.invitation.key, transcript, { role: 'inviter', name }), name } }
      }
      log.warn(`Peer ${peerId.toString()} came with a ticket that is no good: ${redemption.reason}`)
      return { kind: 'refusal', reason: redemption.reason, retryAfterMs: 0 }
    } catch (error) {
      log.error(`Peer ${peerId.toString()} came with a ticket and could not be let in: ${toError(error).message}`)
      return { kind: 'refusal', reason: 'fault', retryAfterMs: 0 }
    }
  }

  async #redeem({ hello, proof }: InviteGuest, transcript: InviteTranscript): Promise<Redemption> {
    const { book, pairing } = this.#init
    const peerId = transcript.joiner
    return await this.#invitations.redeem({
      invitationId: hello.invitationId,
      peerId: peerId.toString(),
      exchange: Buffer.from(hello.nonce).toString('hex'),
      isBlocked: book.statusOf(peerId.toString()) === 'blocked',
      isProven: key => isSameProof(proof.mac, inviteProof(key, transcript, { role: 'joiner', name: proof.name })),
      letIn: async ({ alias }) => { await pairing.letIn(peerId, { wanted: alias ?? undefined, claimed: proof.name }) }
    })
  }

  async #tell(peerId: PeerId, { id }: Invitation): Promise<void> {
    const { book, events, pairing } = this.#init
    const text = peerId.toString()
    const alias = book.get(text)?.alias ?? undefined
    events.append({ type: 'joined', peerId: text, inviteId: id, ...alias !== undefined && { alias }, safetyWords: await pairing.safetyWords(text) })
  }
}
