/** Text of peers for the owner's chat channels: every line marked as a quote, and nothing in it that a channel or the host would act on. */
import { escapeCharacter } from '../lib/text.ts'

/** Control, format and private characters; line feeds, and the joiners that scripts and emoji are written with, stay. */
const INVISIBLE = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/**
 * What channels and the host give a meaning to, and a look-alike that has none: tags and mentions (`<at ...>`, `<@U1>`, `@all`), links,
 * images and the host's own directives (`[text](url)`, `[[reply_to: ...]]`), HTML entities, and fences, which could swallow what follows.
 */
const MEANINGFUL = /[<@[\]]|&(?=#?\w{1,31};)|`{3,}|~{3,}/g
const LOOK_ALIKES: Readonly<Record<string, string>> = { '<': '＜', '@': '＠', '[': '［', ']': '］', '&': '＆', '`': 'ˋ', '~': '∼' }

/** A text of line breaks is not to push everything else off the screen. */
const MAX_LINES = 100

/** A quote, and whether it is less than the whole. */
export interface ChatQuote {
  quote: string
  isCut: boolean
}

/** Text on one line without a meaning for any channel. */
export function plainChatText(text: string): string {
  return withoutMeaning(text.replaceAll(/\s+/gu, ' '))
}

/** The text with each line behind a mark, as far as it fits into `maxCharacters`. */
export function quoteForChat(text: string, maxCharacters: number): ChatQuote {
  const shown = withoutMeaning(cut(text, maxCharacters).replaceAll(/\r\n?/g, '\n').replaceAll('\t', '    ')).trimEnd()
  const lines = shown.split('\n').map(line => `> ${line}`.trimEnd())
  const quote = cut(lines.slice(0, MAX_LINES).join('\n'), maxCharacters)
  return { quote, isCut: text.length > maxCharacters || quote.length < lines.join('\n').length }
}

function withoutMeaning(text: string): string {
  return text.replaceAll(INVISIBLE, escapeCharacter).replaceAll(MEANINGFUL, found => [...found].map(character => LOOK_ALIKES[character] ?? character).join(''))
}

/** Without half a character at the end. */
function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, '')
}
