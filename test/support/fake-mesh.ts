/** A mesh of plain values: it answers as told, notes what it was asked, and lets tests make things happen. */

import type {
  AddedPeer, BroadcastRequest, CallAnswer, CallRequest, CallSpeech, CallSummary, CallTranscript, DeliveryTarget, ForwardOutcome, InboundMessage, Invite,
  JoinedPeer, MeshApi, MeshEvent, MeshStatus, NetworkInfo, PeerSummary, SendRequest, SendResult, TurnClaim, TurnOutcome
} from '../../src/mesh-api.ts'

export const SELF = '12D3KooWCUaXALHnW4JQkSMazcjBnTQAYQu4SGUdL9cx9kXxuNEZ'
export const PEER = '12D3KooWFxdrEFAgsfKtUpXDuj11YYY4zM22wHZCdZmnmxTpwfYK'
export const PEER_AGENT_ID = '604ad9d9c103ea46'

const AT = Date.UTC(2030, 0, 1)

export const STATUS: MeshStatus = {
  peerId: SELF, agentId: 'a4d6af695ffb702c', instanceId: 'alice@a4d6af695ffb702c', started: true,
  listenAddrs: ['/ip4/127.0.0.1/tcp/4001'], announcedAddrs: [], connectedPeers: 1, paths: { direct: 1, relay: 0 }, knownPeers: 2, unread: 3, queued: 4,
  pendingApprovals: [{ peerId: PEER, code: 'ABCD-EFGH', held: 1 }],
  nat: { reachability: 'unknown', type: 'unknown', relays: [], relayList: [], udpPort: 0, mappedAddrs: [], stun: [], stunAsked: [], mappedPorts: [], unreachedAddrs: [], routers: [], clocks: [] }, duplicateKeys: [], openCalls: [], version: '0.1.0'
}

/** A node on a LAN where all is well. */
export const NETWORK: NetworkInfo = {
  peerId: SELF, instanceId: STATUS.instanceId, listenAddrs: STATUS.listenAddrs, announcedAddrs: [], connections: [], nat: STATUS.nat, peers: [],
  hostAddrs: ['192.168.7.2'], off: []
}

export const INVITE: Invite = {
  inviteId: '00112233445566778899aabbccddeeff', peerId: SELF, ticket: '04AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-0123-4567-89AB-CD', uri: 'libp2p-mesh:04ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCD',
  addrs: ['/ip4/192.168.1.2/tcp/4001'], expiresAt: AT + 900_000
}

export const JOINED: JoinedPeer = { peerId: PEER, agentId: PEER_AGENT_ID, alias: 'bob', instanceId: `bob@${PEER_AGENT_ID}`, released: 0, safetyWords: ['apple', 'river', 'stone', 'cloud'] }

export function peerSummary(over: Partial<PeerSummary> = {}): PeerSummary {
  return { peerId: PEER, agentId: PEER_AGENT_ID, approved: true, status: 'approved', connected: true, presence: 'online', path: 'direct', knownBy: 'approval', knownSince: AT, mayMessageUs: 'yes', agentMayMessage: true, lastSeen: AT, addrs: [], held: 0, ...over }
}

export function inboundMessage(over: Partial<InboundMessage> = {}): InboundMessage {
  return { messageId: 'm1', from: PEER, agentId: PEER_AGENT_ID, kind: 'direct', text: 'hello', at: AT, hops: 0, ...over }
}

export function callSummary(over: Partial<CallSummary> = {}): CallSummary {
  return { callId: 'call-1', peerId: PEER, role: 'callee', topic: 'lunch', state: 'ringing', speaker: 'agent', startedAt: AT, ...over }
}

export function callTranscript(over: Partial<CallTranscript> = {}): CallTranscript {
  return {
    callId: 'call-1', topic: 'lunch', caller: PEER, callee: SELF, startedAt: AT, endedAt: AT + 60_000, endReason: 'hung-up',
    entries: [
      { seq: 1, from: PEER, kind: 'event', text: 'called: lunch', at: AT },
      { seq: 1, from: SELF, kind: 'message', text: 'hello', at: AT + 1000 }
    ],
    ...over
  }
}

export interface FinishedTurn {
  messageId: string
  outcome: TurnOutcome
}

export class FakeMesh implements MeshApi {
  readonly sent: SendRequest[] = []
  readonly broadcasts: BroadcastRequest[] = []
  readonly finished: FinishedTurn[] = []
  readonly approved: string[] = []
  readonly dialled: CallRequest[] = []
  readonly answered: CallAnswer[] = []
  readonly said: CallSpeech[] = []
  readonly forwarded: Array<{ messageId: string, target: DeliveryTarget, outcome: ForwardOutcome }> = []
  readonly lives: string[] = []
  peers: PeerSummary[] = [peerSummary()]
  /** Messages that a claim finds. */
  stored: InboundMessage[] = []
  /** What `subscribe` hands out at once. */
  openEvents: MeshEvent[] = []
  readonly #listeners = new Set<(event: MeshEvent) => void>()
  readonly #over: Partial<MeshApi>

  /** @param over methods that answer otherwise */
  constructor(over: Partial<MeshApi> = {}) {
    this.#over = over
  }

  emit(event: MeshEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  start = async (): Promise<void> => {
    await this.#over.start?.()
    this.lives.push('start')
  }

  stop = async (): Promise<void> => { this.lives.push('stop') }
  flush = async (): Promise<void> => { this.lives.push('flush') }

  identity: MeshApi['identity'] = async () =>
    ({ instanceId: STATUS.instanceId, instanceName: 'alice', agentId: STATUS.agentId, peerId: SELF, publicKey: 'key' })

  status: MeshApi['status'] = async () => await this.#over.status?.() ?? STATUS
  networkInfo: MeshApi['networkInfo'] = async query => await this.#over.networkInfo?.(query) ?? NETWORK

  listPeers: MeshApi['listPeers'] = async ({ online } = {}) => this.peers.filter(peer => online !== true || peer.connected)
  addPeer: MeshApi['addPeer'] = async request => await this.#over.addPeer?.(request) ?? this.#added()
  removePeer: MeshApi['removePeer'] = async () => ({ peerId: PEER })
  blockPeer: MeshApi['blockPeer'] = async () => ({ peerId: PEER })

  approvePeer: MeshApi['approvePeer'] = async (who) => {
    this.approved.push(who)
    return { peerId: PEER, agentId: PEER_AGENT_ID, released: 1 }
  }

  createInvite: MeshApi['createInvite'] = async request => await this.#over.createInvite?.(request) ?? INVITE
  joinInvite: MeshApi['joinInvite'] = async request => await this.#over.joinInvite?.(request) ?? JOINED
  safetyWords: MeshApi['safetyWords'] = async peerId => await this.#over.safetyWords?.(peerId) ?? JOINED.safetyWords

  discover: MeshApi['discover'] = async () => await this.#over.discover?.() ?? { found: 1, known: 3, asked: [{ node: PEER, reached: true }] }

  ping: MeshApi['ping'] = async () => ({ peerId: PEER, rttMs: 1.25, path: 'direct', transport: 'tcp', remoteAddr: '/ip4/127.0.0.1/tcp/1', since: AT })

  sendMessage: MeshApi['sendMessage'] = async (request) => {
    this.sent.push(request)
    return await this.#over.sendMessage?.(request) ?? this.#received()
  }

  messageStatus: MeshApi['messageStatus'] = async messageId => await this.#over.messageStatus?.(messageId) ??
    ({ messageId, peerId: PEER, state: 'received', history: [{ state: 'queued', at: AT }, { state: 'received', at: AT + 5 }] })

  inbox: MeshApi['inbox'] = async query => await this.#over.inbox?.(query) ?? { messages: [], unread: 0 }
  watch: MeshApi['watch'] = async request => await this.#over.watch?.(request) ?? { events: [], cursor: 0 }

  listInstances: MeshApi['listInstances'] = async () => await this.#over.listInstances?.() ?? []
  resolveInstance: MeshApi['resolveInstance'] = async instanceId => await this.#over.resolveInstance?.(instanceId) ?? { instanceId, peerId: PEER, approved: true, addrs: [] }

  sendInstanceMessage: MeshApi['sendInstanceMessage'] = async request => await this.#over.sendInstanceMessage?.(request) ??
    { messageId: 'out-1', peerId: PEER, instanceId: request.instance, approved: true, state: 'delivered', deliveries: [] }

  broadcast: MeshApi['broadcast'] = async (request) => {
    this.broadcasts.push(request)
    return await this.#over.broadcast?.(request) ?? { messageId: `out-${this.broadcasts.length}`, topic: request.topic ?? 'openclaw-mesh', recipients: 2 }
  }

  beginForward: MeshApi['beginForward'] = async (messageId, target) => await this.#over.beginForward?.(messageId, target) ?? { begun: false }

  finishForward: MeshApi['finishForward'] = async (messageId, target, outcome) => {
    this.forwarded.push({ messageId, target, outcome })
  }

  findForwarded: MeshApi['findForwarded'] = async (channel, platformId) => await this.#over.findForwarded?.(channel, platformId) ?? []

  call: MeshApi['call'] = async (request) => {
    this.dialled.push(request)
    return await this.#over.call?.(request) ?? callSummary({ role: 'caller', topic: request.topic, speaker: request.speaker })
  }

  answerCall: MeshApi['answerCall'] = async (answer) => {
    this.answered.push(answer)
    return await this.#over.answerCall?.(answer) ?? callSummary({ state: answer.accept ? 'active' : 'ended' })
  }

  sayInCall: MeshApi['sayInCall'] = async (speech) => {
    this.said.push(speech)
    return await this.#over.sayInCall?.(speech) ?? { callId: 'call-1', seq: this.said.length }
  }

  escalateCall: MeshApi['escalateCall'] = async speech => await this.#over.escalateCall?.(speech) ?? { callId: 'call-1', notified: [] }
  endCall: MeshApi['endCall'] = async choice => await this.#over.endCall?.(choice) ?? callTranscript()
  listCalls: MeshApi['listCalls'] = async () => await this.#over.listCalls?.() ?? []
  transcript: MeshApi['transcript'] = async choice => await this.#over.transcript?.(choice) ?? callTranscript()

  claimTurn = async (messageId: string): Promise<TurnClaim> => {
    const refused = await this.#over.claimTurn?.(messageId)
    if (refused !== undefined) return refused
    const message = this.stored.find(candidate => candidate.messageId === messageId)
    return message === undefined ? { claimed: false, reason: 'unknown-message' } : { claimed: true, message }
  }

  finishTurn = async (messageId: string, outcome: TurnOutcome): Promise<void> => { this.finished.push({ messageId, outcome }) }

  subscribe: MeshApi['subscribe'] = (listener) => {
    for (const event of this.openEvents) listener(event)
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  #added(): AddedPeer {
    return { peerId: PEER, agentId: PEER_AGENT_ID, agentMayMessage: true, reachable: true, path: 'direct' }
  }

  #received(): SendResult {
    return { messageId: `out-${this.sent.length}`, peerId: PEER, state: 'received' }
  }
}
