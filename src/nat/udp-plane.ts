/** UDP hole punching on the node's UDX socket. */
import type { PeerId } from '@libp2p/interface'
import { RACE_LINGER_MS, MAX_BIRTHDAY_RACES, MAX_RACES } from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import type { PunchOffer } from '../protocols/punch-signal.ts'
import { ownCandidates, targetsOf, type Interfaces, type Targets } from './candidates.ts'
import type { Endpoint } from './endpoint.ts'
import { vouchedBy, type NatObserver, type Vouched } from './nat-observer.ts'
import type { FoundPath, NoAttempt, Plane, PlaneAttempt, Undertaking } from './plane.ts'
import { ProbeRace } from './probe-race.ts'
import type { ProbeRouter } from './probe-router.ts'
import { TOKEN_BYTES } from './probe.ts'
import { planUdp, type RacePlan } from './race-plan.ts'
import type { UdxConnections } from './udx-connections.ts'
import type { UdxPath } from './udx-connection.ts'
import type { UdpPort, UdxSocket } from './udx-socket.ts'

export interface UdpPlaneInit {
  socket: UdxSocket
  observer: NatObserver
  connections: UdxConnections
  router: ProbeRouter
  /** STUN servers beside those at the address of the relay that leads to the peer. */
  servers: (relay: PeerId | undefined) => Promise<Endpoint[]>
  interfaces: () => Interfaces
  clock: Clock
  random: () => number
  randomBytes: (length: number) => Uint8Array
  /** Told of what failed beside the attempts themselves. */
  onError: (error: Error) => void
}

const IP6_BYTES = 16

export class UdpPlane implements Plane {
  readonly name = 'udp'
  readonly #init: UdpPlaneInit
  #attempts = 0
  #birthdayRaces = 0

  constructor(init: UdpPlaneInit) {
    this.#init = init
  }

  async prepare(undertaking: Undertaking, signal: AbortSignal): Promise<PlaneAttempt | NoAttempt> {
    const { connections, observer } = this.#init
    const live = undertaking.purpose === 'move' ? connections.of(undertaking.peerId) : undefined
    if (undertaking.purpose === 'move' && live === undefined) return 'no-such-connection'
    const streamId = live?.streamId ?? connections.reserveId()
    if (streamId === undefined || this.#attempts >= MAX_RACES) return 'budget'
    if (live !== undefined) observer.clear() // its path broke, so what was known of the mapping is in doubt
    this.#attempts++
    try {
      return await this.#offer(undertaking, streamId, signal)
    } catch (error) {
      this.#end(undertaking, streamId)
      throw error
    }
  }

  async #offer(undertaking: Undertaking, streamId: number, signal: AbortSignal): Promise<PlaneAttempt> {
    const { clock, interfaces, observer, randomBytes, servers, socket } = this.#init
    const startedAt = clock.now()
    const { answers, nat } = await observer.observe([...undertaking.link.udpServers, ...await servers(undertaking.link.relay)], signal)
    const vouched = await vouchedBy(undertaking.link.relay, answers, clock.now())
    const { withPrivate, purpose } = undertaking
    const offer: PunchOffer = {
      plane: 'udp', purpose, token: randomBytes(TOKEN_BYTES), streamId, nat,
      candidates: ownCandidates({ interfaces: interfaces(), port: socket.number, mappings: vouched.mappings, withPrivate }),
      gatherMs: clock.now() - startedAt
    }
    return this.#attempt(undertaking, offer, vouched)
  }

  #attempt(undertaking: Undertaking, offer: PunchOffer, vouched: Vouched): PlaneAttempt {
    let isReleased = false
    return {
      offer,
      plan: async (remote) => {
        const targets = await this.#targets(undertaking, remote, vouched)
        const hasIp6 = offer.candidates.some(({ host }) => host.byteLength === IP6_BYTES)
        return this.#withinBudget(planUdp({ own: offer.nat, remote: remote.nat, targets, hasIp6 }))
      },
      run: async (remote, plan, signal) => {
        const { endpoints } = await this.#targets(undertaking, remote, vouched)
        const path = await this.#race({ undertaking, offer, remote, plan, candidates: endpoints, signal })
        return path === undefined ? undefined : await this.#use(path, { undertaking, offer, remote })
      },
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#end(undertaking, offer.streamId)
      }
    }
  }

  #end({ purpose }: Undertaking, streamId: number): void {
    this.#attempts--
    if (purpose === 'connect') this.#init.connections.releaseId(streamId)
  }

  async #targets({ link, withPrivate }: Undertaking, remote: PunchOffer, { relayNowMs }: Vouched): Promise<Targets> {
    return await targetsOf({ candidates: remote.candidates, interfaces: this.#init.interfaces(), withPrivate, relay: link.relay, relayNowMs })
  }

  #withinBudget(plan: RacePlan): RacePlan {
    const isOver = plan.kind === 'race' && plan.birthday !== undefined && this.#birthdayRaces >= MAX_BIRTHDAY_RACES
    return isOver ? { kind: 'skip', why: 'budget' } : plan
  }

  async #race({ undertaking, offer, remote, plan, candidates, signal }: RaceInit): Promise<UdxPath | undefined> {
    const { clock, random, router, socket } = this.#init
    const race = new ProbeRace<UdpPort>({
      isLeader: undertaking.isLeader, remoteToken: remote.token, candidates,
      ...plan.birthday !== undefined && { birthday: plan.birthday },
      mainPort: family => socket.port(family), openPort: () => socket.openExtra(),
      timeoutMs: plan.timeoutMs, clock, random, signal, onError: this.#init.onError
    })
    const leave = router.join(offer.token, (kind, from, via) => { race.handle(kind, from, via) })
    if (plan.birthday !== undefined) this.#birthdayRaces++
    try {
      return await race.run()
    } finally {
      if (plan.birthday !== undefined) this.#birthdayRaces--
      clock.after(RACE_LINGER_MS, leave)
    }
  }

  async #use(path: UdxPath, { undertaking, offer, remote }: Agreement): Promise<FoundPath | undefined> {
    const { connections } = this.#init
    if (undertaking.purpose === 'connect') {
      const direction = undertaking.isLeader ? 'outbound' : 'inbound'
      const { peerId } = undertaking
      const connection = connections.attach({ peerId, streamId: offer.streamId, remoteStreamId: remote.streamId, path, direction })
      return { kind: 'connection', connection, remote: path.remote }
    }
    const connection = connections.of(undertaking.peerId)
    if (connection?.streamId !== offer.streamId || connection.remoteStreamId !== remote.streamId) {
      connections.closePort(path.via)
      return undefined
    }
    await connection.move(path)
    return { kind: 'moved', connection, remote: path.remote }
  }
}

interface Agreement {
  undertaking: Undertaking
  offer: PunchOffer
  remote: PunchOffer
}

interface RaceInit extends Agreement {
  plan: RacePlan & { kind: 'race' }
  candidates: Endpoint[]
  signal: AbortSignal
}
