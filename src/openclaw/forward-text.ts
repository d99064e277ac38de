/** How a peer's message reads in the owner's chat: who sent it and how that is known, the text as a quote, how to answer. */
import { MAX_SHOWN_CHARACTERS } from '../config/limits.ts'
import type { InboundMessage } from '../mesh-api.ts'
import { plainChatText, quoteForChat } from './chat-text.ts'

/** The last line; whoever quotes a message that ends in it means to answer a peer. */
const HOW_TO_ANSWER = 'Reply to this message (quote it) to answer.'

/** A message of an approved peer as it is shown. The lines that do not begin with `>` are ours. */
export function forwardText(message: InboundMessage): string {
  const { kind, text } = message
  const { quote, isCut } = quoteForChat(text, MAX_SHOWN_CHARACTERS)
  const title = kind === 'reply' ? `↩️ Reply from ${chatName(message)}` : `📨 Message from ${chatName(message)}`
  const blocks = [
    `${title} (libp2p mesh)\n${knownAs(message)}`,
    quote,
    ...isCut ? [`(cut; the whole text of ${String(text.length)} characters: openclaw p2p inbox --json)`] : [],
    HOW_TO_ANSWER
  ]
  return blocks.join('\n\n')
}

/** The owner's alias for the peer, else its instance ID, else its peer ID. */
function chatName({ alias, instanceId, from }: Pick<InboundMessage, 'alias' | 'instanceId' | 'from'>): string {
  return plainChatText(alias ?? instanceId ?? from)
}

function knownAs({ alias, instanceId, from }: InboundMessage): string {
  const instance = alias === undefined || instanceId === undefined ? [] : [`instance ${plainChatText(instanceId)}`]
  return ['Approved peer', ...instance, from].join(', ')
}
