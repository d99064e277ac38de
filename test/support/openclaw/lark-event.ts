/** Events as Lark posts them to a bot's webhook: encrypted with the app's key, and signed. */

import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'
import type { JsonObject } from './json.ts'
import type { LarkMessage } from './lark-message.ts'

/** What a bot's app has in Lark's console. */
export interface LarkApp {
  appId: string
  appSecret: string
  verificationToken: string
  encryptKey: string
  /** `ou_...` */
  botId: string
}

export interface WebhookPost {
  headers: Record<string, string>
  body: JsonObject
}

/** The event that tells a bot what a person wrote, to the bot alone or in a group; events of two messages never agree. */
export function messageEvent(app: LarkApp, message: LarkMessage): JsonObject {
  const isGroup = message.to.startsWith('oc_')
  const mention = isGroup ? '@_user_1 ' : ''
  return {
    schema: '2.0',
    header: {
      event_id: randomUUID(), event_type: 'im.message.receive_v1', create_time: String(Date.now()),
      token: app.verificationToken, app_id: app.appId, tenant_key: 'tenant'
    },
    event: {
      sender: { sender_id: { open_id: message.from }, sender_type: 'user', tenant_key: 'tenant' },
      message: {
        message_id: message.messageId,
        ...message.quoted === undefined ? {} : { root_id: message.quoted, parent_id: message.quoted },
        create_time: String(Date.now()),
        chat_id: isGroup ? message.to : `oc_with_${message.from}`,
        chat_type: isGroup ? 'group' : 'p2p',
        message_type: 'text',
        content: JSON.stringify({ text: mention + message.text }),
        ...isGroup ? { mentions: [{ key: '@_user_1', id: { open_id: app.botId }, name: 'the bot', tenant_key: 'tenant' }] } : {}
      }
    }
  }
}

/** Wraps an event up for the webhook; each time anew, as Lark does when it posts an event again. */
export function sealEvent(app: LarkApp, event: JsonObject): WebhookPost {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(app.encryptKey).digest(), iv)
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(event)), cipher.final()])
  const body = { encrypt: sealed.toString('base64') }
  const timestamp = String(Math.floor(Date.now() / 1000))
  const nonce = randomBytes(8).toString('hex')
  const signature = createHash('sha256').update(timestamp + nonce + app.encryptKey + JSON.stringify(body)).digest('hex')
  return { headers: { 'x-lark-request-timestamp': timestamp, 'x-lark-request-nonce': nonce, 'x-lark-signature': signature }, body }
}
