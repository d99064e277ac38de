/** Linking nodes by tickets, put together: the service that the node gets first, and what takes the rest of the mesh. */
import { MeshError } from '../lib/errors.ts'
import type { NodeComponents } from '../node/options.ts'
import { InviteProtocol } from '../protocols/invite-protocol.ts'
import { Invites, type InvitesInit } from './invites.ts'
import { Joins, type JoinsInit } from './joins.ts'
import { Pairing, type PairingInit } from './pairing.ts'

/** What the parts need, but for each other. */
export type InvitingInit = Omit<InvitesInit & JoinsInit & PairingInit, 'pairing' | 'protocol'>

interface InvitingParts {
  pairing: Pairing
  invites: Invites
  joins: Joins
}

/**
 * @example
 * const inviting = new Inviting()
 * const node = await createNode({ services: { invite: inviting.createService } })
 * inviting.open({ book, network })
 */
export class Inviting {
  #protocol: InviteProtocol | undefined
  #parts: InvitingParts | undefined

  readonly createService = (components: NodeComponents): InviteProtocol => this.#protocol = new InviteProtocol(components, {
    handleTry: connection => this.invites.handleTry(connection),
    handleGuest: async guest => await this.invites.handleGuest(guest)
  })

  /** Before the node starts. */
  open(init: InvitingInit): void {
    const pairing = new Pairing(init)
    this.#parts = { pairing, invites: new Invites({ ...init, pairing }), joins: new Joins({ ...init, pairing, protocol: needed(this.#protocol) }) }
  }

  get invites(): Invites {
    return needed(this.#parts).invites
  }

  get joins(): Joins {
    return needed(this.#parts).joins
  }

  get pairing(): Pairing {
    return needed(this.#parts).pairing
  }
}

function needed<T>(part: T | undefined): T {
  if (part === undefined) throw new MeshError('INTERNAL', 'invitations were used before they were put together')
  return part
}
