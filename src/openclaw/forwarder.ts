/** Forwards messages of approved peers to the owner's channels and tells the mesh what became of each. */
import { FORWARD_DEADLINE_MS, FORWARD_STOP_MS } from '../config/limits.ts'
import type { Clock } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryTarget, ForwardOutcome, InboundMessage, MeshApi } from '../mesh-api.ts'
import { forwardText } from './forward-text.ts'
import type { Host } from './host.ts'
import { waitForMesh } from './live-mesh.ts'

/** What a forwarder works with. */
export interface ForwarderInit {
  mesh: Pick<MeshApi, 'beginForward'>
  host: Host
  clock: Clock
}

/** A message that a target may be handed. */
export interface DueForward {
  messageId: string
  target: DeliveryTarget
}

/** How long an outcome waits for a channel that restarts. */
const RESTART_WAIT_MS = 60_000
const MAX_LOGGED_ERROR = 300

/** The mesh hands out one message at a time for each target, so each target's messages appear in order. */
export class Forwarder {
  readonly #init: ForwarderInit
  readonly #running = new Set<Promise<void>>()

  constructor(init: ForwarderInit) {
    this.#init = init
  }

  /** Takes up a message that is due at a target. */
  handle(due: DueForward): void {
    const running = this.#forward(due).finally(() => { this.#running.delete(running) })
    this.#running.add(running)
  }

  /** Waits a little for what channels have in hand; an answer that comes later is noted by the mesh that runs then. */
  async stop(): Promise<void> {
    const { promise: patience, resolve } = Promise.withResolvers<undefined>()
    const timer = this.#init.clock.after(FORWARD_STOP_MS, () => { resolve(undefined) })
    await Promise.race([Promise.all(this.#running), patience])
    timer.cancel()
  }

  async #forward({ messageId, target }: DueForward): Promise<void> {
    const { mesh, host } = this.#init
    try {
      const claim = await mesh.beginForward(messageId, target)
      if (claim.begun) await this.#send(claim.message, target)
    } catch (thrown) {
      host.log.error(`the forwarding of message ${messageId} to ${placeOf(target)} broke off: ${toError(thrown).message}`)
    }
  }

  async #send(message: InboundMessage, target: DeliveryTarget): Promise<void> {
    const sending = this.#init.host.sendToChannel(target, maxCharacters => forwardText(message, maxCharacters))
    const outcome = await this.#inTime(sending)
    await this.#settle(message, target, outcome ?? { kind: 'uncertain', error: `no answer within ${String(FORWARD_DEADLINE_MS / 1000)} s` })
    if (outcome === undefined) await this.#settle(message, target, await sending)
  }

  /** Undefined when the channel does not answer in time. */
  async #inTime(sending: Promise<ForwardOutcome>): Promise<ForwardOutcome | undefined> {
    const { promise: deadline, resolve } = Promise.withResolvers<undefined>()
    const timer = this.#init.clock.after(FORWARD_DEADLINE_MS, () => { resolve(undefined) })
    try {
      return await Promise.race([sending, deadline])
    } finally {
      timer.cancel()
    }
  }

  /** The mesh may be another one by now: a change of the configuration restarts the channel. */
  async #settle({ messageId, from }: InboundMessage, target: DeliveryTarget, outcome: ForwardOutcome): Promise<void> {
    const { mesh, host } = await waitForMesh(RESTART_WAIT_MS)
    if (outcome.kind !== 'sent') {
      host.log.warn(`Message ${messageId} of ${from} to ${placeOf(target)} ${MEANINGS[outcome.kind]}: ${oneLine(outcome.error, MAX_LOGGED_ERROR)}`)
    }
    await mesh.finishForward(messageId, target, outcome)
  }
}

const MEANINGS = {
  retry: 'was not shown and is tried again',
  failed: 'was not shown',
  uncertain: 'may have been shown or not, and is not repeated'
} as const satisfies Record<Exclude<ForwardOutcome['kind'], 'sent'>, string>

function placeOf({ channel, target }: DeliveryTarget): string {
  return `${channel} ${oneLine(target, 256)}`
}
