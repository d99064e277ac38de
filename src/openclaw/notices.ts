/** What the owner is told about peers, in the log and where messages are forwarded to: once for each, never so often that strangers could flood it. */
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryTarget, Transfer, TurnClaim } from '../mesh-api.ts'
import { bytesText } from './file-text.ts'
import { policyKey, STRANGER, type Host } from './host.ts'
import { guestText } from './render.ts'
import { restrictionText, type TurnRestriction } from './restrict-turns.ts'
import type { TurnPolicy } from './turn-policy.ts'

export type RefusedClaim = Extract<TurnClaim, { claimed: false }>['reason']
export type RefusedPolicy = Extract<TurnPolicy, { allowed: false }>['reason']

/** More new peers in an hour are one digest line. */
const MAX_NEW_PEERS_AN_HOUR = 5
const HOUR_MS = 3_600_000
const MAX_REMEMBERED = 4096
const MAX_LOGGED_ERROR = 300

/** What notices are made with. */
export interface NoticesInit {
  host: Pick<Host, 'log' | 'sendToChannel'>
  clock: Clock
  /** The owner's channels. */
  targets: readonly DeliveryTarget[]
}

/** Notices to the owner, with the command that settles each; nothing in them was written by a stranger. */
export class Notices {
  readonly #init: NoticesInit
  readonly #said = new BoundedMap<string, number>(MAX_REMEMBERED)
  #newPeersAt: number[] = []
  #unsaid = 0
  #digest: Timer | undefined

  constructor(init: NoticesInit) {
    this.#init = init
  }

  /** Unapproved peers that already waited when the node started. */
  waiting(count: number): void {
    if (count > 0) this.#init.host.log.warn(`${count} unapproved ${count === 1 ? 'peer waits' : 'peers wait'} for your approval; see: openclaw p2p status`)
  }

  /** An unapproved peer left a message. */
  held(peerId: string, code: string): void {
    if (!this.#isFirst(`held ${peerId}`)) return
    const now = this.#init.clock.now()
    this.#newPeersAt = this.#newPeersAt.filter(at => now - at < HOUR_MS)
    if (this.#newPeersAt.length >= MAX_NEW_PEERS_AN_HOUR) {
      this.#unsaid += 1
      this.#digest ??= this.#init.clock.after(HOUR_MS - (now - (this.#newPeersAt[0] ?? now)), () => { this.#sayDigest() })
      return
    }
    this.#newPeersAt.push(now)
    this.#tell(`Peer ${peerId} is not approved and left a message, which is held. Let it in: openclaw p2p approve ${code} - or refuse it: openclaw p2p block ${peerId}`)
  }

  /** A message of an approved peer starts no turn because no configuration limits the tools of such a turn. */
  noToolPolicy(peerId: string, reason: RefusedPolicy): void {
    if (!this.#isFirst(`policy ${peerId}`)) return
    const entry = `tools.toolsBySender["${policyKey(peerId)}"]`
    const why = reason === 'no-entry' ? 'no tools.toolsBySender entry limits its tools' : 'its tools.toolsBySender entry limits nothing'
    this.#init.host.log.warn(`Messages of ${peerId === STRANGER ? 'peers that are not approved' : peerId} are stored but start no agent turn: ${why}. Write one with: openclaw p2p approve ${peerId === STRANGER ? '<peer>' : peerId} - or set ${entry} yourself, for example to {"deny":["*"]}`)
  }

  /** A message starts no turn because a budget or the hop limit is used up. */
  turnRefused(peerId: string, reason: RefusedClaim): void {
    if (!this.#isFirst(`turn ${reason} ${peerId}`, HOUR_MS)) return
    const why = TURN_REASONS[reason]
    if (why !== undefined) this.#tell(`A message of ${peerId} starts no agent turn: ${why}. It is stored: openclaw p2p inbox`)
  }

  /** A peer came with a ticket of the owner's and may write from now on. */
  joined(guest: { peerId: string, alias?: string, safetyWords: string[] }, restriction: TurnRestriction): void {
    this.#tell(`${guestText(guest)} - ${restrictionText(guest.peerId, restriction)}`)
  }

  /** A file of an approved peer waits for the owner. */
  fileWaits(transfer: Transfer): void {
    if (!this.#isFirst(`file ${transfer.transferId}`)) return
    const { transferId, peerId, name, bytes } = transfer
    this.#tell(`Peer ${peerId} offers a file: ${name} (${bytesText(bytes)}). Take it: openclaw p2p files accept ${transferId} - or not: openclaw p2p files cancel ${transferId}`)
  }

  stop(): void {
    this.#digest?.cancel()
    this.#digest = undefined
  }

  #sayDigest(): void {
    this.#digest = undefined
    this.#tell(`${this.#unsaid} more unapproved peers left messages within the hour; see: openclaw p2p status`)
    this.#unsaid = 0
  }

  #tell(text: string): void {
    const { host, targets } = this.#init
    host.log.warn(text)
    for (const target of targets) void this.#show(text, target)
  }

  /** Once: what is missed here stands in the log and in the status. */
  async #show(text: string, target: DeliveryTarget): Promise<void> {
    const { host } = this.#init
    const outcome = await host.sendToChannel(target, () => `🔔 libp2p mesh: ${text}`)
    if (outcome.kind !== 'sent') host.log.warn(`A notice is not known to be shown in ${target.channel} ${target.target}: ${oneLine(outcome.error, MAX_LOGGED_ERROR)}`)
  }

  #isFirst(key: string, forMs = Infinity): boolean {
    const now = this.#init.clock.now()
    const before = this.#said.get(key)
    if (before !== undefined && now - before < forMs) return false
    this.#said.set(key, now)
    return true
  }
}

/** The reasons that the owner can do something about; the others are as they should be. */
const TURN_REASONS: Partial<Record<RefusedClaim, string>> = {
  'hop-limit': 'the conversation passed through too many agents',
  'peer-budget': 'the turn budget of this peer is used up for this hour (turnBudget.perPeerPerHour)',
  'global-budget': 'the turn budget of all peers is used up for this hour (turnBudget.perHour)'
}
