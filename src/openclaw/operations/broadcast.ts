/** What a user can say to everybody on the mesh at once. */
import Type from 'typebox'
import { MAX_BROADCAST_TEXT_BYTES, MAX_TOPIC_CHARACTERS } from '../../config/broadcast-limits.ts'
import type { BroadcastRequest } from '../../mesh-api.ts'
import { broadcastText } from '../render.ts'
import { defineOperation } from './definition.ts'

/** Sends a text to everybody; says to how many peers it went, 0 included. */
export const broadcast = defineOperation({
  name: 'broadcast',
  scope: 'operator.write',
  tool: {
    name: 'p2p_broadcast',
    label: 'P2P broadcast',
    description: 'Send a text to everybody on the libp2p mesh, strangers included; only when your user asks for exactly that, and nothing private. recipients is how many connected peers it went to, which pass it on; 0 means that nobody got it. Nobody confirms a broadcast: to reach one person, use p2p_send_instance_message'
  },
  parameters: Type.Object({
    message: Type.String({ minLength: 1, description: `The text, up to ${MAX_BROADCAST_TEXT_BYTES} bytes` }),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_TOPIC_CHARACTERS, description: 'Another topic than this node\'s own (meshTopic)' }))
  }),
  run: async ({ mesh, hops }, { message, topic }) => {
    const request: BroadcastRequest = { text: message, hops }
    if (topic !== undefined) request.topic = topic
    return mesh.broadcast(request)
  },
  text: broadcastText
})
