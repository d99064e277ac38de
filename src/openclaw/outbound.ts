/** `openclaw message send` and the agent's `message` tool: a send succeeds only when the message is received, held or queued. */
import type { ChannelOutboundAdapter, OutboundDeliveryResult } from 'openclaw/plugin-sdk/channel-send-result'
import { PlatformMessageNotDispatchedError } from 'openclaw/plugin-sdk/error-runtime'
import { MAX_TEXT_BYTES } from '../config/limits.ts'
import { toMeshError, type MeshError } from '../lib/errors.ts'
import { failureText } from './details.ts'
import { requireMesh } from './live-mesh.ts'
import { CHANNEL_ID } from './names.ts'
import { sendMedia } from './outbound-media.ts'
import { isWellFormedTarget, malformedTarget, normalizeTarget } from './targets.ts'

/** The outbound adapter; it runs in the gateway, where the node is. */
export const meshOutbound: ChannelOutboundAdapter = {
  deliveryMode: 'gateway',
  chunker: null,
  textChunkLimit: MAX_TEXT_BYTES,
  deliveryCapabilities: { durableFinal: { text: true, media: true } },
  resolveTarget: ({ to }) => {
    const target = normalizeTarget(to ?? '')
    return isWellFormedTarget(target) ? { ok: true, to: target } : { ok: false, error: malformedTarget(to ?? '') }
  },
  sendText: async ({ to, text }) => sendText(to, text),
  sendMedia: async (context) => {
    try {
      const { transferId, peerId, state } = await sendMedia(requireMesh(), context)
      return delivery({ messageId: transferId, peerId, state })
    } catch (thrown) {
      throw notSent(toMeshError(thrown))
    }
  }
}

async function sendText(to: string, text: string): Promise<OutboundDeliveryResult> {
  try {
    const { mesh, turns } = requireMesh()
    // The host does not say who sends: an agent may be meant, and while a peer's turn runs, this may be that turn's send, so it carries on its hop count.
    const { messageId, peerId, state, cause } = await mesh.sendMessage({ to: normalizeTarget(to), text, hops: turns.highestHops(), author: 'agent' })
    return delivery({ messageId, peerId, state, ...cause === undefined ? {} : { cause } })
  } catch (thrown) {
    const error = toMeshError(thrown)
    const { messageId, queued, code } = error
    if (queued === true && messageId !== undefined) return delivery({ messageId, peerId: to, state: 'queued', cause: code })
    throw notSent(error)
  }
}

interface Sent {
  messageId: string
  peerId: string
  state: string
  cause?: string
}

/** The host shows nothing of a result but its message ID, so the state stands there; whoever takes a message ID cuts it off again. */
function delivery({ messageId, peerId, state, cause }: Sent): OutboundDeliveryResult {
  return {
    channel: CHANNEL_ID,
    messageId: `${messageId} (${state})`,
    target: { kind: 'chat', id: peerId },
    toJid: `${CHANNEL_ID}:${peerId}`,
    timestamp: Date.now(),
    meta: { messageId, state, ...cause === undefined ? {} : { cause } }
  }
}

/** Tells the host that nothing went out, and that repeating it by itself would surprise whoever was told of the failure. */
function notSent(error: MeshError): Error {
  return new PlatformMessageNotDispatchedError(failureText(error), { cause: error, retryable: false })
}
