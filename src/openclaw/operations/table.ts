/** Everything that a user can do, once: tools, gateway methods and commands are made from this table. */
import { broadcast } from './broadcast.ts'
import { answerCall, call, endCall, escalate, say, transcript } from './calls.ts'
import type { Operation } from './definition.ts'
import { listInstances, resolveInstance, sendAny, sendInstance } from './instances.ts'
import { invite, join } from './invites.ts'
import { inbox, messageStatus, send, watch } from './messages.ts'
import { doctor, network } from './network.ts'
import { identity, status } from './node.ts'
import { addPeer, approve, block, discover, listPeers, ping, removePeer } from './peers.ts'

/** All operations. */
export const OPERATIONS: readonly Operation[] = [
  status, identity, network, doctor,
  listPeers, addPeer, discover, removePeer, ping, approve, block, invite, join, listInstances, resolveInstance,
  send, sendInstance, sendAny, broadcast, messageStatus, inbox, watch,
  call, answerCall, say, escalate, endCall, transcript
]
