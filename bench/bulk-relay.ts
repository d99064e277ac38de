/** The relay of the bulk transfer, asked over standard input: the one of the `libp2p-mesh` command, with room for all that is sent. */
import { Relay } from '../src/relay.ts'
import { answerQuestions } from '../test/support/nat/answer-questions.ts'
import { warnings as log } from './bulk-log.ts'
import { cpuMs } from './cpu.ts'

const UNLIMITED = { reservations: 128, perPeerBytes: 2 ** 40, perPeerSeconds: 86_400, bytesPerSecond: 2 ** 40 }

answerQuestions({
  start: async ({ dataDir, listenAddr }: { dataDir: string, listenAddr: string }): Promise<string> => {
    const relay = new Relay({ listenAddrs: [listenAddr], announceAddrs: [], dataDir, limits: UNLIMITED, version: 'bench', log, onHealth: () => undefined })
    const { relayAddrs: [address] } = await relay.start()
    if (address === undefined) throw new Error('the relay has no address')
    return address
  },
  cpuMs
})
