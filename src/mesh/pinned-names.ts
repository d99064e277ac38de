/** Instance names that belong to approved peers: who has one first keeps it, and who else claims it is said to be somebody else. */
import { PIN_LINES_PER_HOUR } from '../config/limits.ts'
import { toError } from '../lib/errors.ts'
import type { Logger } from '../lib/log.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'
import type { Route } from '../routes/instance-routes.ts'
import { pinHolder } from '../trust/approvals.ts'
import type { PeerBook } from '../trust/peer-book.ts'

export interface PinnedNamesInit {
  book: PeerBook
  log: Logger
  now: () => number
}

export class PinnedNames {
  readonly #init: PinnedNamesInit
  readonly #lines: RateLimiter

  constructor(init: PinnedNamesInit) {
    this.#init = init
    this.#lines = new RateLimiter({ limit: PIN_LINES_PER_HOUR, windowMs: 3_600_000, maxKeys: 1, now: init.now })
  }

  /** The peer that this instance's name is pinned to, when that is another one. */
  holderOf(route: Route | undefined): string | undefined {
    return route === undefined ? undefined : pinHolder(this.#init.book, { peerId: route.peerId, name: route.instanceName })?.peerId
  }

  /** Gives an approved peer the name that it has now, if the name is free. */
  pin(route: Route | undefined): void {
    if (route === undefined) return
    this.#init.book.pinName(route.peerId, route.instanceName).catch((error: unknown) => {
      this.#init.log.error(`The name of ${route.instanceId} could not be pinned: ${toError(error).message}`)
    })
  }

  /** An instance is new or has another name. */
  handleMapped(route: Route): void {
    this.pin(route)
    const holder = this.holderOf(route)
    if (holder === undefined || this.#lines.take('') > 0) return
    this.#init.log.warn(`PIN_MISMATCH (instance-name): peer ${route.peerId} calls itself "${route.instanceName}", which is pinned to ${holder}; it is not that peer`)
  }
}
