/** How a peer's message reads in the owner's chat: who sent it and how that is known, the text as a quote, how to answer. */
import { MAX_SHOWN_CHARACTERS } from '../config/limits.ts'
import type { InboundMessage, InboxKind } from '../mesh-api.ts'
import { plainChatText, quoteForChat } from './chat-text.ts'
import { receivedText } from './file-text.ts'

/** The last line; whoever quotes a message that ends in it means to answer a peer. */
const HOW_TO_ANSWER = 'Reply to this message (quote it) to answer.'

/** Of a call that rings. */
const HOW_TO_DECIDE = 'Begin your answer with accept or reject.'

/** Even the narrowest channel shows this much of a text. */
const MIN_SHOWN_CHARACTERS = 50
/** The part of a channel's limit that is used: some channels add to a text what shows it as it is meant. */
const USED = 0.9

const TITLES: Readonly<Record<InboxKind, string>> = {
  call: '📞 Call from',
  direct: '📨 Message from',
  reply: '↩️ Reply from',
  broadcast: '📢 Broadcast to everybody from',
  file: '📎 File from'
}

/** A message of an approved peer as it is shown, in `maxCharacters` where that is possible. The lines that do not begin with `>` are ours. */
export function forwardText(message: InboundMessage, maxCharacters: number): string {
  const { text } = message
  const head = [`${titleOf(message)} (libp2p mesh)`, knownAs(message), ...fileLines(message)].join('\n')
  const cutNote = `(cut: ${String(text.length)} characters; all of them: openclaw p2p inbox --json)`
  const howToDecide = message.call?.act === 'called' ? [HOW_TO_DECIDE] : []
  const room = Math.floor(maxCharacters * USED) - [head, cutNote, ...howToDecide, HOW_TO_ANSWER].join('\n\n').length
  const { quote, isCut } = quoteForChat(text, Math.min(Math.max(room, MIN_SHOWN_CHARACTERS), MAX_SHOWN_CHARACTERS))
  return [head, ...text === '' ? [] : [quote], ...isCut ? [cutNote] : [], ...howToDecide, HOW_TO_ANSWER].join('\n\n')
}

function titleOf(message: InboundMessage): string {
  const name = chatName(message)
  const { kind, call } = message
  if (call === undefined || kind === 'file') return `${TITLES[kind]} ${name}`
  const topic = plainChatText(call.topic)
  switch (call.act) {
    case 'called':
      return `${TITLES.call} ${name}`
    case 'accepted':
    case 'ended':
    case 'over':
      return `📞 Call with ${name} about "${topic}"`
    case 'said':
      return `💬 ${name} in the call about "${topic}"`
    case 'escalated':
      return `🆘 ${name} asked its owner in the call about "${topic}"`
    case 'asks':
      return `🆘 Your agent asks you in the call with ${name} about "${topic}"`
  }
}

/** The owner's alias for the peer, else its instance ID, else its agent ID. */
export function chatName({ alias, instanceId, agentId }: Pick<InboundMessage, 'alias' | 'instanceId' | 'agentId'>): string {
  return plainChatText(alias ?? instanceId ?? agentId)
}

/** Whether a channel's own rendering of a quoted message shows that it is one of ours. */
export function isForwardText(quoted: string): boolean {
  return quoted.replaceAll('\\', '').includes(HOW_TO_ANSWER)
}

/** What came in, and where it is: a channel of the owner's shows nothing of what is in it. */
function fileLines({ file }: InboundMessage): string[] {
  return file === undefined ? [] : [plainChatText(receivedText(file)), 'It is from a peer, untrusted: look at it with care before you open it.']
}

function knownAs({ alias, instanceId, from }: InboundMessage): string {
  const instance = alias === undefined || instanceId === undefined ? [] : [`instance ${plainChatText(instanceId)}`]
  return ['Approved peer', ...instance, from].join(', ')
}
