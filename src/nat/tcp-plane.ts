/** TCP simultaneous open (Linux): for peers whose UDP is blocked, and when UDP found no path. */
import type { ComponentLogger } from '@libp2p/interface'
import { MAX_RACES, TCP_OPEN_TIMEOUT_MS } from '../config/nat-limits.ts'
import type { Clock } from '../lib/clock.ts'
import type { PunchOffer } from '../protocols/punch-signal.ts'
import { interfaceAddresses, ownCandidates, targetsOf, type Interfaces, type Targets } from './candidates.ts'
import { endpointMultiaddr, toEndpoint } from './endpoint.ts'
import { natKindOf } from './nat-kind.ts'
import { vouchedBy, type Vouched } from './nat-observer.ts'
import type { FoundPath, NoAttempt, Plane, PlaneAttempt, Undertaking } from './plane.ts'
import { TOKEN_BYTES } from './probe.ts'
import { planTcp } from './race-plan.ts'
import { TcpConnection } from './tcp-connection.ts'
import type { TcpOpener, TcpPort } from './tcp-opener.ts'

export interface TcpPlaneInit {
  opener: TcpOpener
  interfaces: () => Interfaces
  clock: Clock
  randomBytes: (length: number) => Uint8Array
  logger: ComponentLogger
}

export class TcpPlane implements Plane {
  readonly name = 'tcp'
  readonly #init: TcpPlaneInit
  #attempts = 0

  constructor(init: TcpPlaneInit) {
    this.#init = init
  }

  async prepare(undertaking: Undertaking, signal: AbortSignal): Promise<PlaneAttempt | NoAttempt> {
    if (undertaking.purpose !== 'connect') return 'unsupported' // a UDX connection cannot move to TCP
    if (this.#attempts >= MAX_RACES) return 'budget'
    this.#attempts++
    try {
      return await this.#offer(undertaking, signal)
    } catch (error) {
      this.#attempts--
      throw error
    }
  }

  async #offer(undertaking: Undertaking, signal: AbortSignal): Promise<PlaneAttempt> {
    const { clock, interfaces, opener, randomBytes } = this.#init
    const startedAt = clock.now()
    const port = await opener.prepare(undertaking.link.tcpServers, signal)
    const vouched = await vouchedBy(undertaking.link.relay, port.mappings.map(mapping => ({ ...mapping, at: clock.now() })), clock.now())
    const own = interfaceAddresses(interfaces()).map(({ address }) => address)
    const offer: PunchOffer = {
      plane: 'tcp', purpose: 'connect', token: randomBytes(TOKEN_BYTES), streamId: 1,
      nat: natKindOf(port.mappings.map(({ mapped }) => mapped), own),
      // The mapped addresses only: what LAN addresses can do, libp2p's own dial has tried.
      candidates: ownCandidates({ interfaces: {}, port: port.port, mappings: vouched.mappings, withPrivate: false }),
      gatherMs: clock.now() - startedAt
    }
    return this.#attempt({ undertaking, offer, port, vouched })
  }

  #attempt({ undertaking, offer, port, vouched }: Prepared): PlaneAttempt {
    let isReleased = false
    return {
      offer,
      plan: async remote => planTcp({ own: offer.nat, remote: remote.nat, targets: await this.#targets(undertaking, remote, vouched) }),
      run: async (remote, _plan, signal) => {
        const { endpoints } = await this.#targets(undertaking, remote, vouched)
        const socket = await this.#init.opener.open({
          localPort: port.port, targets: endpoints.filter(({ family }) => family === 4),
          signal: AbortSignal.any([signal, AbortSignal.timeout(TCP_OPEN_TIMEOUT_MS)])
        })
        const remoteEndpoint = toEndpoint(socket?.remoteAddress ?? '', socket?.remotePort ?? 0)
        if (socket === undefined || remoteEndpoint === undefined) return undefined
        const connection = new TcpConnection({
          socket, remoteAddr: endpointMultiaddr(remoteEndpoint, 'tcp').encapsulate(`/p2p/${undertaking.peerId.toString()}`),
          direction: undertaking.isLeader ? 'outbound' : 'inbound', log: this.#init.logger.forComponent('libp2p-mesh:tcp-punch')
        })
        return { kind: 'connection', connection, remote: remoteEndpoint } satisfies FoundPath
      },
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#attempts--
        port.release()
      }
    }
  }

  async #targets({ link }: Undertaking, remote: PunchOffer, { relayNowMs }: Vouched): Promise<Targets> {
    return await targetsOf({ candidates: remote.candidates, interfaces: this.#init.interfaces(), withPrivate: false, relay: link.relay, relayNowMs })
  }
}

interface Prepared {
  undertaking: Undertaking
  offer: PunchOffer
  port: TcpPort
  vouched: Vouched
}
