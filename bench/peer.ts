/** The second process: does what the first one asks for over IPC, and ends with it. */
import { answerCalls } from './calls.ts'
import { cpuMs } from './cpu.ts'
import { End } from './end.ts'
import { LoopDelay } from './loop-delay.ts'
import { PeakMemory } from './peak-memory.ts'
import type { PeerCalls } from './peer-calls.ts'

let end: End | undefined
let loopDelay: LoopDelay | undefined
let memory: PeakMemory | undefined

answerCalls<PeerCalls>({
  open: async (folder) => {
    end = await End.open(folder, 'receiver')
    return await end.addresses()
  },
  approve: async (peerId) => {
    await opened().mesh.approvePeer(peerId)
    return null
  },
  stored: async () => await opened().stored(),
  watchLoop: async () => {
    loopDelay = new LoopDelay()
    return null
  },
  loopDelay: async () => loopDelay?.end() ?? Number.NaN,
  watchMemory: async () => {
    memory = new PeakMemory()
    return null
  },
  peakMemory: async () => memory?.end() ?? Number.NaN,
  cpuMs: async () => cpuMs(),
  close: async () => {
    await end?.close()
    return null
  }
})

function opened(): End {
  if (end === undefined) throw new Error('not opened yet')
  return end
}
