/** Agent turns that approved peers' messages start: one at a time for each peer, within the budgets, the answer sent back as a reply. */
import { MAX_REPLIES_PER_MESSAGE, MAX_TEXT_BYTES } from '../config/limits.ts'
import type { Clock } from '../lib/clock.ts'
import { toError } from '../lib/errors.ts'
import { utf8Bytes } from '../lib/text.ts'
import type { InboundMessage, TurnOutcome } from '../mesh-api.ts'
import { answerInCall, asksForTurn, isOfCall } from './call-answers.ts'
import { senderIdOf, type Host } from './host.ts'
import { waitForMesh, type LiveMesh } from './live-mesh.ts'
import type { Notices } from './notices.ts'
import { turnPolicy, type TurnPolicy, type TurnSubject } from './turn-policy.ts'
import type { RunningTurns } from './turns.ts'

/** Where a peer's turn runs. */
export interface TurnRoute {
  agentId: string
  /** A session of the peer's own. */
  sessionKey: string
}

/** What a turn led to: the agent's words, and the host's if it failed. */
export interface TurnAnswer {
  text: string
  failure?: string
  /** The host takes no turn of this peer at the moment, as while it reloads or another one runs; this one did not begin. */
  isRefused?: boolean
}

/** The host's side of a turn. */
export interface AgentRunner {
  /** @throws when the peer has no session of its own */
  route: (peerId: string) => TurnRoute
  /** @param attempt counts from 1, so that the host does not take another attempt for a repetition */
  run: (message: InboundMessage, attempt: number) => Promise<TurnAnswer>
}

/** What `InboundTurns` works with. */
export interface InboundInit {
  host: Host
  runner: AgentRunner
  notices: Notices
  turns: RunningTurns
  clock: Clock
  /** Whether broadcasts of approved authors start turns. */
  takesBroadcasts: boolean
}

/** Messages of one peer that wait for its running turn; what comes on top is stored and starts none. */
const MAX_WAITING_PER_PEER = 64
/** How long an answer waits for a channel that restarts. */
const RESTART_WAIT_MS = 60_000
/** How often an entry that is on its way is looked for. */
const POLICY_CHECK_MS = 250
/** How often, and how many times, a host is asked that takes no turns: a minute, a reload takes seconds. */
const REFUSED_RETRY_MS = 5000
const MAX_ATTEMPTS = 12

/** Turns started by messages, each peer's in the order in which they came. */
export class InboundTurns {
  readonly #init: InboundInit
  readonly #waiting = new Map<string, { count: number, last: Promise<void> }>()

  constructor(init: InboundInit) {
    this.#init = init
  }

  /** Takes a stored message; what somebody wrote to this node, or says in a call, starts a turn, and broadcasts do where the owner wants that. */
  handle(message: InboundMessage): void {
    const { from, messageId } = message
    if (!this.#mayStart(message)) return
    const queue = this.#waiting.get(from) ?? { count: 0, last: Promise.resolve() }
    if (queue.count >= MAX_WAITING_PER_PEER) {
      this.#init.host.log.debug(`${messageId} of ${from} starts no turn: ${queue.count} of its messages wait already`)
      return
    }
    queue.count += 1
    queue.last = queue.last.then(async () => this.#process(message)).then(() => {
      queue.count -= 1
      if (queue.count === 0) this.#waiting.delete(from)
    })
    this.#waiting.set(from, queue)
  }

  /** Resolves when no turn runs or waits. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all([...this.#waiting.values()].map(async ({ last }) => last))
  }

  #mayStart({ kind, call }: InboundMessage): boolean {
    switch (kind) {
      case 'direct':
        return true
      case 'reply':
        return false
      case 'broadcast':
        return this.#init.takesBroadcasts
      case 'call':
        return call !== undefined && asksForTurn(call)
    }
  }

  async #process(offered: InboundMessage): Promise<void> {
    const { from: peerId, messageId, isStranger } = offered
    const { host, runner, notices } = this.#init
    try {
      const route = runner.route(peerId)
      const sender = senderIdOf(offered)
      const policy = await this.#policyOf({ peerId: sender, agentId: route.agentId })
      if (!policy.allowed) {
        notices.noToolPolicy(sender, policy.reason)
        return
      }
      const { mesh } = await waitForMesh(RESTART_WAIT_MS)
      const claim = await mesh.claimTurn(messageId)
      if (claim.claimed) await this.#run(withStanding(claim.message, isStranger), route)
      else notices.turnRefused(peerId, claim.reason)
    } catch (thrown) {
      host.log.error(`the message ${messageId} of ${peerId} started no agent turn: ${toError(thrown).message}`)
    }
  }

  /** An entry that was written a moment ago is waited for: approving releases messages before the host has reloaded its configuration. */
  async #policyOf(subject: TurnSubject): Promise<TurnPolicy> {
    const { host, clock } = this.#init
    const policy = turnPolicy(host.config(), subject)
    if (policy.allowed || !host.isPolicyOnItsWay(subject.peerId)) return policy
    await pause(clock, POLICY_CHECK_MS)
    return this.#policyOf(subject)
  }

  async #attempt(message: InboundMessage): Promise<TurnAnswer> {
    const { runner, clock } = this.#init
    let answer = await runner.run(message, 1)
    for (let attempt = 2; answer.isRefused === true && attempt <= MAX_ATTEMPTS; attempt += 1) {
      await pause(clock, REFUSED_RETRY_MS)
      answer = await runner.run(message, attempt)
    }
    return answer
  }

  async #run(message: InboundMessage, { sessionKey }: TurnRoute): Promise<void> {
    const { host, turns } = this.#init
    const end = turns.begin(sessionKey, message.hops)
    let answer: TurnAnswer = { text: '' }
    let outcome: TurnOutcome = 'uncertain'
    try {
      answer = await this.#attempt(message)
      outcome = answer.text === '' && answer.failure !== undefined ? 'received' : 'delivered'
      if (answer.failure !== undefined) host.log.warn(`the agent could not answer the message ${message.messageId} of ${message.from}: ${answer.failure}`)
    } catch (thrown) {
      host.log.error(`the agent turn for the message ${message.messageId} of ${message.from} broke off: ${toError(thrown).message}`)
    } finally {
      end()
    }
    await this.#settle(message, outcome, answer.text)
  }

  /** The mesh may be another one by now: a change of the configuration restarts the channel. */
  async #settle(message: InboundMessage, outcome: TurnOutcome, answer: string): Promise<void> {
    const live = await waitForMesh(RESTART_WAIT_MS)
    try {
      await live.mesh.finishTurn(message.messageId, outcome) // first: the sender learns of the delivery before it reads the answer
    } finally {
      await sendAnswer(live, message, answer)
    }
  }
}

async function sendAnswer({ mesh, host }: LiveMesh, message: InboundMessage, answer: string): Promise<void> {
  const { from, messageId, hops } = message
  try {
    if (isOfCall(message)) {
      const outcome = await answerInCall(mesh, message, { texts: pieces(answer), speaker: 'agent' })
      if (outcome === 'undecided') host.log.warn(`the agent neither accepts nor rejects the call of ${from}, which rings on: openclaw p2p answer accept`)
      else if (outcome === 'over') host.log.info(`the call with ${from} was over before the agent answered; its answer is not sent`)
      return
    }
    for (const text of pieces(answer)) await mesh.sendMessage({ to: from, text, inReplyTo: messageId, hops: hops + 1 })
  } catch (thrown) {
    host.log.error(`the answer to the message ${messageId} of ${from} was not sent: ${toError(thrown).message}`)
  }
}

/** The turn runs as the sender whose tools were looked at, whatever the owner decided since. */
function withStanding({ isStranger: _now, ...message }: InboundMessage, isStranger: true | undefined): InboundMessage {
  return isStranger === true ? { ...message, isStranger } : message
}

async function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => { clock.after(ms, resolve) })
}

/** An answer as messages: one, unless it is longer than a message may be; what is too long for a few is cut. */
export function pieces(answer: string): string[] {
  const parts: string[] = []
  let rest = answer.trim()
  while (rest !== '' && parts.length < MAX_REPLIES_PER_MESSAGE) {
    const part = utf8Bytes(rest) <= MAX_TEXT_BYTES ? rest : Buffer.from(rest).subarray(0, MAX_TEXT_BYTES).toString().replace(/�+$/u, '')
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return parts
}
