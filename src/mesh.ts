/** The mesh of one gateway: what it can be asked to do, each by the part that does it, and its life from start to stop. */
import { randomUUIDv7 } from 'node:crypto'
import { MAX_EVENTS, MAX_WATCH_MS } from './config/limits.ts'
import { systemClock } from './lib/clock.ts'
import { MeshError } from './lib/errors.ts'
import { EventLog } from './lib/event-log.ts'
import { assemble, type Parts } from './mesh/assemble.ts'
import { sendBroadcast } from './mesh/broadcasting.ts'
import type { MeshInit } from './mesh/init.ts'
import { Lifecycle } from './mesh/lifecycle.ts'
import { identityOfSelf, networkOfSelf, statusOfSelf } from './mesh/self.ts'
import { peerOf, type UnnumberedEvent } from './mesh/views.ts'
import type { MeshApi, MeshEvent } from './mesh-api.ts'

/** Settings and surroundings of a mesh; the clock and randomness default to the machine's. */
export type MeshOptions = Pick<MeshInit, 'config' | 'stateDir' | 'log' | 'version'> & Partial<MeshInit>

const START_ATTEMPTS = 3

interface Running {
  parts: Parts
  lifecycle: Lifecycle
}

/**
 * @example
 * const mesh = new Mesh({ config, stateDir, log, version })
 * await mesh.start()
 * await mesh.sendMessage({ to: 'office-mac', text: 'hello' })
 * await mesh.stop()
 */
export class Mesh implements MeshApi {
  readonly #init: MeshInit
  readonly #events: EventLog<UnnumberedEvent>
  #running: Running | undefined
  /** The last start or stop: they happen one after the other, in the order in which they were asked for. */
  #transition: Promise<void> = Promise.resolve()

  constructor(options: MeshOptions) {
    this.#init = { clock: systemClock, random: Math.random, newId: randomUUIDv7, ...options }
    this.#events = new EventLog({ maxEvents: MAX_EVENTS, clock: this.#init.clock })
  }

  readonly start: MeshApi['start'] = async () => { await this.#afterOthers(async () => { await this.#start() }) }
  readonly stop: MeshApi['stop'] = async () => { await this.#afterOthers(async () => { await this.#stop() }) }
  readonly flush: MeshApi['flush'] = async () => { await this.#parts.commits.write(() => undefined) }

  readonly identity: MeshApi['identity'] = async () => identityOfSelf(this.#parts, this.#init)
  readonly status: MeshApi['status'] = async () => statusOfSelf(this.#parts, this.#init)
  readonly networkInfo: MeshApi['networkInfo'] = async (query = {}) => await networkOfSelf(this.#parts, this.#init, query)

  readonly listPeers: MeshApi['listPeers'] = async (query = {}) => await this.#parts.peers.list(query)
  readonly listInstances: MeshApi['listInstances'] = async () => this.#parts.instances.list()
  readonly resolveInstance: MeshApi['resolveInstance'] = async instance => await this.#parts.recipients.resolveInstance(instance)
  readonly addPeer: MeshApi['addPeer'] = async request => await this.#parts.peers.add(request)
  readonly removePeer: MeshApi['removePeer'] = async recipient => await this.#parts.peers.remove(recipient)
  readonly approvePeer: MeshApi['approvePeer'] = async codeOrRecipient => await this.#parts.peers.approve(codeOrRecipient)
  readonly blockPeer: MeshApi['blockPeer'] = async recipient => await this.#parts.peers.block(recipient)
  readonly ping: MeshApi['ping'] = async recipient => await this.#parts.peers.ping(recipient)
  readonly discover: MeshApi['discover'] = async () => await this.#parts.discovery.run()

  readonly createInvite: MeshApi['createInvite'] = async request => await this.#parts.inviting.invites.create(request)
  readonly joinInvite: MeshApi['joinInvite'] = async request => await this.#parts.inviting.joins.join(request)
  readonly safetyWords: MeshApi['safetyWords'] = async peerId => await this.#parts.inviting.pairing.safetyWords(peerId)

  readonly sendMessage: MeshApi['sendMessage'] = async request => await this.#parts.messaging.send(request)
  readonly sendInstanceMessage: MeshApi['sendInstanceMessage'] = async request => await this.#parts.messaging.sendToInstance(request)
  readonly messageStatus: MeshApi['messageStatus'] = async messageId => await this.#parts.messaging.status(messageId)
  readonly inbox: MeshApi['inbox'] = async query => await this.#parts.messaging.inbox(query)
  readonly claimTurn: MeshApi['claimTurn'] = async messageId => await this.#parts.messaging.claimTurn(messageId)
  readonly finishTurn: MeshApi['finishTurn'] = async (messageId, outcome) => { await this.#parts.messaging.finishTurn(messageId, outcome) }
  readonly beginForward: MeshApi['beginForward'] = async (messageId, target) => await this.#parts.messaging.beginForward(messageId, target)
  readonly finishForward: MeshApi['finishForward'] = async (messageId, target, outcome) => {
    await this.#parts.messaging.finishForward(messageId, target, outcome)
  }

  readonly findForwarded: MeshApi['findForwarded'] = async (channel, platformId) => this.#parts.messaging.findForwarded(channel, platformId)
  readonly broadcast: MeshApi['broadcast'] = async request => await sendBroadcast(request, { init: this.#init, protocol: this.#parts.broadcasts })

  readonly sendFile: MeshApi['sendFile'] = async request => await this.#parts.sharing.send(request)
  readonly transfers: MeshApi['transfers'] = async (query = {}) => this.#parts.sharing.list(query)
  readonly acceptFile: MeshApi['acceptFile'] = async transferId => await this.#parts.sharing.accept(transferId)
  readonly cancelFile: MeshApi['cancelFile'] = async transferId => await this.#parts.sharing.cancel(transferId)

  readonly call: MeshApi['call'] = async request => await this.#parts.callDesk.call(request)
  readonly answerCall: MeshApi['answerCall'] = async answer => await this.#parts.callDesk.answer(answer)
  readonly sayInCall: MeshApi['sayInCall'] = async speech => await this.#parts.callDesk.say(speech)
  readonly escalateCall: MeshApi['escalateCall'] = async speech => await this.#parts.callDesk.escalate(speech)
  readonly endCall: MeshApi['endCall'] = async choice => await this.#parts.callDesk.end(choice)
  readonly listCalls: MeshApi['listCalls'] = async () => this.#parts.callDesk.list()
  readonly transcript: MeshApi['transcript'] = async choice => this.#parts.callDesk.transcript(choice)

  readonly watch: MeshApi['watch'] = async ({ after, peer, timeoutMs }) => {
    const peerId = peer === undefined ? undefined : (await this.#parts.recipients.resolveKnown(peer)).peerId.toString()
    return await this.#events.wait({
      after, timeoutMs: Math.min(timeoutMs, MAX_WATCH_MS),
      matches: event => peerId === undefined || peerOf(event) === peerId
    })
  }

  readonly subscribe: MeshApi['subscribe'] = (listener: (event: MeshEvent) => void) => {
    const { mailbox, messaging } = this.#parts
    for (const message of messaging.open()) listener({ seq: this.#events.lastSeq, type: 'message', message })
    const unsubscribe = this.#events.subscribe(listener)
    mailbox.incoming.announceDueForwards()
    return unsubscribe
  }

  async #afterOthers(transition: () => Promise<void>): Promise<void> {
    this.#transition = this.#transition.then(transition, transition)
    await this.#transition
  }

  /** Somebody else may take a port that was free when it was chosen: the next attempt chooses another one. */
  async #start(): Promise<void> {
    for (let attempt = 1; this.#running === undefined; attempt++) {
      try {
        await this.#startOnce()
      } catch (error) {
        if (!(error instanceof MeshError && error.reason === 'port-taken') || attempt === START_ATTEMPTS) throw error
        this.#init.log.warn(`The node ${error.message}; it tries again`)
      }
    }
  }

  async #startOnce(): Promise<void> {
    const parts = await assemble(this.#init, this.#events)
    const lifecycle = new Lifecycle(this.#init, parts, this.#events)
    this.#running = { parts, lifecycle }
    try {
      await lifecycle.start()
    } catch (error) {
      await this.#stop()
      throw error
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.lifecycle.stop()
  }

  get #parts(): Parts {
    if (this.#running === undefined) throw new MeshError('NOT_RUNNING', 'the libp2p node is not running; see `openclaw channels status`')
    return this.#running.parts
  }
}
