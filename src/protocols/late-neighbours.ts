/**
 * Tells neighbours of broadcasts that passed by before they could be sent them. Gossipsub sends a broadcast to its mesh and tells all
 * others of it with its next heartbeats, so whoever enters the mesh in between, or lacked a stream, would never hear of it.
 */
import type { GossipSub } from '@libp2p/gossipsub'
import { GOSSIP_HISTORY, MAX_BROADCASTS_PER_ANSWER, MAX_BROADCASTS_TOLD } from '../config/broadcast-limits.ts'
import { encodeHaves } from './gossip-frames.ts'

export interface LateNeighboursInit {
  topic: string
  /** Writes a frame to a neighbour that has a stream. */
  send: (peerId: string, frame: Uint8Array) => void
}

export class LateNeighbours {
  readonly #init: LateNeighboursInit
  readonly #late = new Set<string>()
  /** IDs since the last heartbeat. */
  #recent: string[] = []
  /** IDs by the heartbeats before, the newest last. */
  #past: string[][] = []

  constructor(init: LateNeighboursInit) {
    this.#init = init
  }

  /** Takes from gossipsub what passes by, who enters its mesh, and when its heart beats. */
  watch(gossip: Pick<GossipSub, 'addEventListener'>): void {
    gossip.addEventListener('gossipsub:message', ({ detail }) => { this.#recent.push(detail.msgId) })
    gossip.addEventListener('gossipsub:graft', ({ detail }) => { this.add(detail.peerId) })
    gossip.addEventListener('gossipsub:prune', ({ detail }) => { this.#late.delete(detail.peerId) }) // no part of the mesh
    gossip.addEventListener('gossipsub:heartbeat', () => {
      this.#tell()
      this.#beginRound()
    })
  }

  /** The neighbour is told with the next heartbeat: by then all that it missed has passed by. */
  add(peerId: string): void {
    this.#late.add(peerId)
  }

  #tell(): void {
    if (this.#late.size === 0) return
    const ids = [...this.#past.flat(), ...this.#recent].slice(-MAX_BROADCASTS_TOLD).map(id => Buffer.from(id, 'base64'))
    for (let from = 0; from < ids.length; from += MAX_BROADCASTS_PER_ANSWER) {
      const frame = encodeHaves(this.#init.topic, ids.slice(from, from + MAX_BROADCASTS_PER_ANSWER))
      for (const peerId of this.#late) this.#init.send(peerId, frame)
    }
    this.#late.clear()
  }

  #beginRound(): void {
    this.#past = [...this.#past, this.#recent].slice(1 - GOSSIP_HISTORY.mcacheGossip)
    this.#recent = []
  }
}
