/** Hints of several peers about where others are: whose are followed, pure. */
import type { PeerHint } from '../protocols/peer-exchange.ts'

/** A hint and the peer that gave it. */
export interface GivenHint extends PeerHint {
  from: string
}

/** What one peer answered. */
export interface HintAnswer {
  from: string
  hints: readonly PeerHint[]
}

/** Up to `max` hints, in turns from each answer, each peer once: nobody who answers much crowds out the others. */
export function takeInTurns(answers: readonly HintAnswer[], max: number): GivenHint[] {
  const taken = new Map<string, GivenHint>()
  const longest = Math.max(0, ...answers.map(({ hints }) => hints.length))
  for (let turn = 0; turn < longest; turn++) {
    for (const { from, hints } of answers) {
      const hint = hints[turn]
      if (taken.size >= max) return [...taken.values()]
      if (hint !== undefined && !taken.has(hint.peerId.toString())) taken.set(hint.peerId.toString(), { ...hint, from })
    }
  }
  return [...taken.values()]
}
