/** A live conversation in the terminal between two people: lines typed go out, lines received come in, each with how far it got. */
import { toMeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { DeliveryState, InboundMessage, MeshEvent } from '../mesh-api.ts'
import { failureDetails, failureText, type SuccessDetails } from './details.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { Outcome } from './operations/definition.ts'
import { quoted } from './render.ts'

/** Where a conversation reads from and shows itself. */
export interface ChatInit {
  recipient: string
  /** Begins to read; lines that come before would be lost. */
  lines: () => AsyncIterable<string> & { close: () => void }
  call: (call: GatewayCall) => Promise<Outcome>
  show: (line: string) => void
}

/** One line of the conversation, as `--json` reports it at the end. */
export interface ChatEntry {
  direction: 'out' | 'in'
  messageId?: string
  text: string
  state?: DeliveryState
  at: number
}

/** Below the time limit of one gateway call. */
const WATCH_MS = 25_000
/** States that came in before the send that they belong to returned. */
const MAX_EARLY_STATES = 100
/** Each state with its mark, in the order in which a message goes through them. */
const MARKS: Record<DeliveryState, string> = {
  queued: '… queued', sent: '→ sent', held: '⏸ held for approval', received: '✓ received', delivered: '✓✓ delivered',
  replied: '↩ replied', uncertain: '? uncertain', failed: '✗ failed', expired: '✗ expired'
}
const ORDER = Object.keys(MARKS)

/** Runs the conversation until the input ends or the gateway is gone. */
export async function runChat(init: ChatInit): Promise<Outcome> {
  const chat = new Chat(init)
  try {
    return await chat.open() ?? await chat.run() ?? { details: { ok: true, ...chat.summary() }, text: '' }
  } catch (thrown) {
    const error = toMeshError(thrown)
    return { details: failureDetails(error), text: failureText(error) }
  }
}

class Chat {
  readonly #init: ChatInit
  readonly #entries: ChatEntry[] = []
  readonly #early = new Map<string, DeliveryState>()
  readonly #stopping = new AbortController()
  #cursor: number | undefined
  /** What the next line answers. */
  #answered: string | undefined

  constructor(init: ChatInit) {
    this.#init = init
  }

  /** Finds the peer and the place in the stream of events from which on they belong to this conversation; a failure ends it. */
  async open(): Promise<Outcome | undefined> {
    const { recipient, show } = this.#init
    const failure = await this.#watch(0)
    if (failure === undefined) show(`Talking to ${oneLine(recipient, 100)}. Type a line and press Enter; end with Ctrl+D.`)
    return failure
  }

  /** Types and listens until the input ends; one last look then catches what came in meanwhile. */
  async run(): Promise<Outcome | undefined> {
    const lines = this.#init.lines()
    const failure = await Promise.race([this.#type(lines), this.#listen(this.#stopping.signal)])
    this.#stopping.abort()
    lines.close()
    return failure ?? await this.#watch(0)
  }

  summary(): { recipient: string, entries: ChatEntry[] } {
    return { recipient: this.#init.recipient, entries: this.#entries }
  }

  async #type(lines: AsyncIterable<string>): Promise<Outcome | undefined> {
    for await (const line of lines) {
      const failure = line.trim() === '' ? undefined : await this.#send(line)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  async #send(text: string): Promise<Outcome | undefined> {
    const entry: ChatEntry = { direction: 'out', text, at: Date.now() }
    this.#entries.push(entry)
    const inReplyTo = this.#answered === undefined ? {} : { inReplyTo: this.#answered }
    const outcome = await this.#init.call({ operation: 'send', params: { to: this.#init.recipient, message: text, ...inReplyTo } })
    const { details } = outcome
    if (!details.ok) {
      entry.state = 'failed'
      this.#init.show(`  ✗ ${outcome.text}`)
      return details.error.code === 'NOT_RUNNING' ? outcome : undefined
    }
    entry.messageId = String(details['messageId'])
    if (isState(details['state'])) this.#mark(entry, details['state'])
    const early = this.#early.get(entry.messageId)
    if (early !== undefined) this.#mark(entry, early)
    return undefined
  }

  async #listen(signal: AbortSignal): Promise<Outcome | undefined> {
    let failure: Outcome | undefined
    while (failure === undefined && !signal.aborted) failure = await this.#watch(WATCH_MS, signal)
    return failure
  }

  async #watch(timeoutMs: number, signal?: AbortSignal): Promise<Outcome | undefined> {
    const after = this.#cursor === undefined ? {} : { after: this.#cursor }
    const outcome = await this.#init.call({
      operation: 'watch',
      params: { peer: this.#init.recipient, timeoutMs, ...after },
      ...signal === undefined ? {} : { signal }
    })
    if (!outcome.details.ok) return outcome
    this.#take(outcome.details)
    return undefined
  }

  #take({ events, cursor }: SuccessDetails): void {
    if (!Array.isArray(events) || typeof cursor !== 'number') return
    const seen = this.#cursor
    this.#cursor = Math.max(cursor, seen ?? 0)
    for (const event of events as MeshEvent[]) { // made by the gateway's own plugin, which is this one
      if (seen === undefined || event.seq > seen) this.#handle(event)
    }
  }

  #handle(event: MeshEvent): void {
    switch (event.type) {
      case 'message':
        if (event.message.call === undefined) this.#receive(event.message) // a call is talked in with "say"
        return
      case 'delivery': this.#follow(event.messageId, event.state); return
      case 'held':
        this.#init.show(`  (${event.held} of its messages wait for your approval: openclaw p2p approve ${event.code})`)
        return
      case 'joined': this.#init.show('  (joined with your ticket)'); return
      case 'peer-connected': this.#init.show('  (connected)'); return
      case 'peer-disconnected': this.#init.show('  (disconnected; what you type is queued)'); return
      case 'instance':
      case 'call':
      case 'forwarded':
      case 'forward': // what the gateway does with a message besides showing it here
    }
  }

  /** An answer starts no agent turn, so that people who talk are left alone; who talks to an agent asks it anew. */
  #receive({ messageId, kind, hops, text, at }: InboundMessage): void {
    const isAgentsAnswer = kind === 'reply' && hops > 0
    this.#answered = isAgentsAnswer ? undefined : messageId
    this.#entries.push({ direction: 'in', messageId, text, at })
    this.#init.show(quoted(text))
  }

  #follow(messageId: string, state: DeliveryState): void {
    const entry = this.#entries.find(candidate => candidate.messageId === messageId)
    if (entry !== undefined) this.#mark(entry, state)
    else if (this.#early.size < MAX_EARLY_STATES) this.#early.set(messageId, state)
  }

  #mark(entry: ChatEntry, state: DeliveryState): void {
    if (entry.state !== undefined && ORDER.indexOf(state) <= ORDER.indexOf(entry.state)) return
    entry.state = state
    this.#init.show(`  ${MARKS[state]}  ${oneLine(entry.text, 40)}`)
  }
}

function isState(value: unknown): value is DeliveryState {
  return typeof value === 'string' && Object.hasOwn(MARKS, value)
}
