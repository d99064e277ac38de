/** Text of peers for the owner's chat channels: every line marked as a quote, and nothing in it that a channel or the host would act on. */
import { escapeControl } from '../lib/text.ts'

/** Control, format and private characters; line feeds, and the joiners that scripts and emoji are written with, stay. */
const INVISIBLE = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/**
 * What channels and the host give a meaning to, and a look-alike that has none: tags and mentions (`<at ...>`, `<@U1>`, `@all`), links,
 * images and the host's own directives (`[text](url)`, `[[reply_to: ...]]`), HTML entities, and fences, which could swallow what follows.
 */
const MEANINGFUL = /[<@[\]]|&(?=#?\w{1,31};)|`{3,}|~{3,}/g
const LOOK_ALIKES: Readonly<Record<string, string>> = { '<': '＜', '@': '＠', '[': '［', ']': '］', '&': '＆', '`': 'ˋ', '~': '∼' }

/** Where a channel cuts a text into several messages it cuts between lines; the narrowest (IRC) takes 350 characters. */
const MAX_LINE = 300

/** A quote, and whether it is less than the whole. */
export interface ChatQuote {
  quote: string
  isCut: boolean
}

/** Text on one line without a meaning for any channel. */
export function plainChatText(text: string): string {
  return withoutMeaning(text.replaceAll(/\s+/gu, ' '))
}

/** At most `maxCharacters` of the text, each line behind a mark. */
export function quoteForChat(text: string, maxCharacters: number): ChatQuote {
  const shown = cut(withoutMeaning(text.slice(0, maxCharacters).replaceAll(/\r\n?/g, '\n').replaceAll('\t', '    ')), maxCharacters)
  const lines = shown.trimEnd().split('\n').flatMap(wrap)
  return { quote: lines.map(line => `> ${line}`.trimEnd()).join('\n'), isCut: text.length > maxCharacters || shown.length === maxCharacters }
}

function withoutMeaning(text: string): string {
  return text.replaceAll(INVISIBLE, escapeControl).replaceAll(MEANINGFUL, found => [...found].map(character => LOOK_ALIKES[character] ?? character).join(''))
}

/** Without half a character at the end. */
function cut(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, '')
}

/** A line as several, none too long, broken at spaces where there are any. */
function wrap(line: string): string[] {
  const parts: string[] = []
  let rest = line
  while (rest.length > MAX_LINE) {
    const space = rest.lastIndexOf(' ', MAX_LINE)
    const part = space > MAX_LINE / 2 ? rest.slice(0, space) : cut(rest, MAX_LINE)
    parts.push(part)
    rest = rest.slice(part.length).trimStart()
  }
  return [...parts, rest]
}
