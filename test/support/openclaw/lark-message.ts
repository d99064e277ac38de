/** Messages as people see them in Feishu, and as Lark's API carries them. */

import { isJsonObject, type Json, type JsonObject } from './json.ts'

export interface LarkMessage {
  /** `om_...` */
  messageId: string
  /** Who reads it: a person (`ou_...`) or a group (`oc_...`). */
  to: string
  /** Who wrote it: a person, or the bot. */
  from: string
  text: string
  /** The message that it answers. */
  quoted?: string
}

/** The text of a message that a bot sends: a post with Markdown, a plain text or a card. */
export function readContent(type: string, content: string): string {
  const body = JSON.parse(content) as Json
  if (!isJsonObject(body)) throw new Error(`The content of a message is no object: ${content}`)
  switch (type) {
    case 'text': return stringOf(body['text'])
    case 'post': return readPost(body)
    case 'interactive': return content
    default: throw new Error(`Lark knows messages of type ${type}, this fake does not`)
  }
}

/** Paragraphs of text elements in one or more languages, of which the first is shown. */
function readPost(post: JsonObject): string {
  const [shown] = Object.values(post)
  const paragraphs = isJsonObject(shown) && Array.isArray(shown['content']) ? shown['content'] : []
  return paragraphs.map(paragraph => (Array.isArray(paragraph) ? paragraph : [])
    .map(element => isJsonObject(element) ? stringOf(element['text']) : '').join('')).join('\n')
}

/** How `GET /im/v1/messages/:id` tells about a message. */
export function toItem(message: LarkMessage, botId: string): JsonObject {
  const isBots = message.from === botId
  return {
    message_id: message.messageId,
    ...message.quoted === undefined ? {} : { root_id: message.quoted, parent_id: message.quoted },
    msg_type: 'text',
    chat_id: message.to,
    sender: { id: message.from, id_type: isBots ? 'app_id' : 'open_id', sender_type: isBots ? 'app' : 'user' },
    body: { content: JSON.stringify({ text: message.text }) }
  }
}

function stringOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
