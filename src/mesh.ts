/** The mesh of one gateway: what it can be asked to do, and its life from start to stop. */
import { randomUUIDv7 } from 'node:crypto'
import { MAX_EVENTS, MAX_WATCH_MS } from './config/limits.ts'
import { systemClock } from './lib/clock.ts'
import { MeshError } from './lib/errors.ts'
import { EventLog } from './lib/event-log.ts'
import { assemble, type Parts } from './mesh/assemble.ts'
import { CallDesk } from './mesh/call-desk.ts'
import type { MeshInit } from './mesh/init.ts'
import { Lifecycle } from './mesh/lifecycle.ts'
import { NetworkView } from './mesh/network-view.ts'
import type { Peers } from './mesh/peers.ts'
import { identityOfSelf, statusOfSelf } from './mesh/self.ts'
import { peerOf, toInboundMessage, toInboxMessage, type UnnumberedEvent } from './mesh/views.ts'
import type {
  AddedPeer, AddPeerRequest, ApprovedPeer, DeliveryTarget, DiscoverResult, ForwardClaim, ForwardedMessage, ForwardOutcome, InboxMessage, InboxQuery,
  InstanceIdentity, InstanceSendRequest, InstanceSendResult, InstanceSummary, Invite, InviteRequest, JoinedPeer, JoinRequest, MeshApi, MeshEvent, MeshStatus,
  MessageStatus, NetworkInfo, PeerSummary, PingResult, ResolvedInstance, SendRequest, SendResult, TurnClaim, TurnOutcome, WatchRequest, WatchResult
} from './mesh-api.ts'

/** Settings and surroundings of a mesh; the clock and randomness default to the machine's. */
export type MeshOptions = Pick<MeshInit, 'config' | 'stateDir' | 'log' | 'version'> & Partial<MeshInit>

interface Running {
  parts: Parts
  calls: CallDesk
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

  async start(): Promise<void> {
    await this.#afterOthers(async () => { await this.#start() })
  }

  async stop(): Promise<void> {
    await this.#afterOthers(async () => { await this.#stop() })
  }

  async flush(): Promise<void> {
    await this.#parts.commits.write(() => undefined)
  }

  async identity(): Promise<InstanceIdentity> {
    return await Promise.resolve(identityOfSelf(this.#parts, this.#init))
  }

  async status(): Promise<MeshStatus> {
    return await Promise.resolve(statusOfSelf(this.#parts, this.#init))
  }

  async networkInfo({ check }: { check?: boolean } = {}): Promise<NetworkInfo> {
    const { peerId, instanceId } = identityOfSelf(this.#parts, this.#init)
    const view = new NetworkView(this.#parts, this.#init.config)
    return { peerId, instanceId, ...check === true ? await view.checked() : await view.known() }
  }

  async listPeers(query: { online?: boolean } = {}): Promise<PeerSummary[]> {
    return await this.#peers.list(query.online ?? false)
  }

  async listInstances(): Promise<InstanceSummary[]> {
    return await Promise.resolve(this.#parts.instances.list())
  }

  async resolveInstance(instance: string): Promise<ResolvedInstance> {
    const { peerId } = await this.#peers.resolveNamed(instance)
    const route = this.#parts.instances.ofPeer(peerId.toString())
    if (route === undefined) throw new MeshError('UNKNOWN_RECIPIENT', `peer ${peerId.toString()} has not announced an instance`)
    const approved = this.#parts.book.statusOf(route.peerId) === 'approved'
    return { instanceId: route.instanceId, peerId: route.peerId, approved, addrs: await this.#parts.network.addressesOf(peerId) }
  }

  async addPeer(request: AddPeerRequest): Promise<AddedPeer> {
    return await this.#peers.add(request)
  }

  async removePeer(recipient: string): Promise<{ peerId: string }> {
    return await this.#peers.remove(recipient)
  }

  async approvePeer(codeOrRecipient: string): Promise<ApprovedPeer> {
    return await this.#peers.approve(codeOrRecipient)
  }

  async blockPeer(recipient: string): Promise<{ peerId: string }> {
    return await this.#peers.block(recipient)
  }

  async discover(): Promise<DiscoverResult> {
    return await this.#parts.discovery.run()
  }

  async createInvite(request: InviteRequest): Promise<Invite> {
    return await this.#parts.inviting.invites.create(request)
  }

  async joinInvite(request: JoinRequest): Promise<JoinedPeer> {
    return await this.#parts.inviting.joins.join(request)
  }

  async safetyWords(peerId: string): Promise<string[]> {
    return await this.#parts.inviting.pairing.safetyWords(peerId)
  }

  async ping(recipient: string): Promise<PingResult> {
    const { peerId } = await this.#peers.resolveKnown(recipient)
    const { network, traversal } = this.#parts
    return traversal.explain(await network.ping(peerId))
  }

  async sendMessage({ to, text, author, inReplyTo, hops, waitForReplyMs, port, messageId }: SendRequest): Promise<SendResult> {
    const { peerId } = await this.#peers.resolveAddressee(to, author)
    const { mailbox, network } = this.#parts
    if (port !== undefined) await network.connect(peerId, { port })
    return await mailbox.outgoing.send({ peerId: peerId.toString(), text, inReplyTo, hops, waitForReplyMs, messageId })
  }

  async sendInstanceMessage({ instance, text, hops, author }: InstanceSendRequest): Promise<InstanceSendResult> {
    const peerId = (await this.#peers.resolveAddressee(instance, author)).peerId.toString()
    const { book, mailbox, instances } = this.#parts
    const { messageId, deliveries = [] } = await mailbox.outgoing.sendToInstance({ peerId, text, hops })
    const instanceId = instances.ofPeer(peerId)?.instanceId
    return {
      messageId, peerId, ...instanceId !== undefined && { instanceId }, approved: book.statusOf(peerId) === 'approved', state: 'delivered', deliveries
    }
  }

  readonly sendFile: MeshApi['sendFile'] = async request => await this.#parts.sharing.send(request)
  readonly transfers: MeshApi['transfers'] = async (query = {}) => await Promise.resolve(this.#parts.sharing.list(query))
  readonly acceptFile: MeshApi['acceptFile'] = async transferId => await this.#parts.sharing.accept(transferId)
  readonly cancelFile: MeshApi['cancelFile'] = async transferId => await this.#parts.sharing.cancel(transferId)

  async messageStatus(messageId: string): Promise<MessageStatus> {
    return await this.#parts.mailbox.outgoing.status(messageId)
  }

  async inbox({ audience, from, unreadOnly, limit, markRead }: InboxQuery): Promise<{ messages: InboxMessage[], unread: number }> {
    const { mailbox } = this.#parts
    const peerId = from === undefined ? undefined : (await this.#peers.resolveKnown(from)).peerId.toString()
    const rows = mailbox.incoming.list({ peerId, unreadOnly, limit: limit ?? 20 })
    const messages = rows.map(row => toInboxMessage(row, this.#parts, audience))
    if (markRead === true) await mailbox.incoming.markShown(rows.filter(row => audience === 'owner' || row.state !== 'held'))
    return { messages, unread: mailbox.incoming.unread }
  }

  async watch({ after, peer, timeoutMs }: WatchRequest): Promise<WatchResult> {
    const peerId = peer === undefined ? undefined : (await this.#peers.resolveKnown(peer)).peerId.toString()
    return await this.#events.wait({
      after, timeoutMs: Math.min(timeoutMs, MAX_WATCH_MS),
      matches: event => peerId === undefined || peerOf(event) === peerId
    })
  }

  async claimTurn(messageId: string): Promise<TurnClaim> {
    const claim = await this.#parts.mailbox.incoming.claimTurn(messageId)
    return claim.claimed ? { claimed: true, message: toInboundMessage(claim.row, this.#parts) } : claim
  }

  async finishTurn(messageId: string, outcome: TurnOutcome): Promise<void> {
    await this.#parts.mailbox.incoming.finishTurn(messageId, outcome)
  }

  async beginForward(messageId: string, target: DeliveryTarget): Promise<ForwardClaim> {
    const row = await this.#parts.mailbox.incoming.beginForward(messageId, target)
    return row === undefined ? { begun: false } : { begun: true, message: toInboundMessage(row, this.#parts) }
  }

  async finishForward(messageId: string, target: DeliveryTarget, outcome: ForwardOutcome): Promise<void> {
    await this.#parts.mailbox.incoming.finishForward(messageId, target, outcome)
  }

  async findForwarded(channel: string, platformId: string): Promise<ForwardedMessage[]> {
    const found = this.#parts.mailbox.incoming.findForwarded(channel, platformId)
    return await Promise.resolve(found.map(({ row, target }) => ({ message: toInboundMessage(row, this.#parts), target })))
  }

  readonly call: MeshApi['call'] = async request => await this.#required.calls.call(request)
  readonly answerCall: MeshApi['answerCall'] = async answer => await this.#required.calls.answer(answer)
  readonly sayInCall: MeshApi['sayInCall'] = async speech => await this.#required.calls.say(speech)
  readonly escalateCall: MeshApi['escalateCall'] = async speech => await this.#required.calls.escalate(speech)
  readonly endCall: MeshApi['endCall'] = async choice => await this.#required.calls.end(choice)
  readonly listCalls: MeshApi['listCalls'] = async () => await Promise.resolve(this.#required.calls.list())
  readonly transcript: MeshApi['transcript'] = async choice => await Promise.resolve(this.#required.calls.transcript(choice))

  subscribe(listener: (event: MeshEvent) => void): () => void {
    for (const row of this.#parts.mailbox.incoming.openMessages()) {
      listener({ seq: this.#events.lastSeq, type: 'message', message: toInboundMessage(row, this.#parts) })
    }
    const unsubscribe = this.#events.subscribe(listener)
    this.#parts.mailbox.incoming.announceDueForwards()
    return unsubscribe
  }

  async #afterOthers(transition: () => Promise<void>): Promise<void> {
    this.#transition = this.#transition.then(transition, transition)
    await this.#transition
  }

  async #start(): Promise<void> {
    if (this.#running !== undefined) return
    const parts = await assemble(this.#init, this.#events)
    const lifecycle = new Lifecycle(this.#init, parts, this.#events)
    this.#running = { parts, lifecycle, calls: new CallDesk(this.#init.config, parts, this.#events) }
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
    return this.#required.parts
  }

  get #peers(): Peers {
    return this.#parts.peers
  }

  get #required(): Running {
    if (this.#running === undefined) throw new MeshError('NOT_RUNNING', 'the libp2p node is not running; see `openclaw channels status`')
    return this.#running
  }
}
