/** The laboratory's relay: circuit relay without limits and the STUN service, on the public side. */

import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { systemClock } from '../../../src/lib/clock.ts'
import { StunResponder } from '../../../src/nat/stun-responder.ts'
import { StunServer, stunPorts } from '../../../src/nat/stun-server.ts'
import { answerQuestions } from './answer-questions.ts'

const PORT = 4001
const MANY = 1_000

const privateKey = await generateKeyPair('Ed25519')
let running: { node: Libp2p, stun: StunServer } | undefined

answerQuestions({
  start: async ({ address }: { address: string }) => {
    const listen = [`/ip4/${address}/tcp/${PORT}`]
    const node = await createLibp2p({
      privateKey,
      addresses: { listen, announce: listen },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { inboundConnectionThreshold: MANY, maxIncomingPendingConnections: MANY },
      services: { identify: identify(), relay: circuitRelayServer({ reservations: { applyDefaultLimit: false, maxReservations: MANY } }) }
    })
    const ports = stunPorts(PORT)
    const responder = new StunResponder({ clock: systemClock, privateKey })
    const stun = new StunServer({ responder, hosts: [address], udpPorts: ports.udp, tcpPorts: ports.tcp, onError: (error) => { throw error } })
    await stun.start()
    running = { node, stun }
    return { address: `${listen[0]}/p2p/${node.peerId.toString()}` }
  },
  stop: async () => {
    await running?.stun.stop()
    await running?.node.stop()
    running = undefined
  }
})
