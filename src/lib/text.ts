/** Text from peers made safe for logs, terminals and names. */

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const MULTILINE_CONTROL = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A character as an escape sequence that programmers read. */
export function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** Escapes control, format and line-breaking characters, so that text stays on one line and moves no cursor. */
export function escapeControl(text: string): string {
  return text.replace(CONTROL, escapeCharacter)
}

/** The same for a terminal that may show several lines: line feeds stay. */
export function escapeTerminal(text: string): string {
  return text.replace(MULTILINE_CONTROL, escapeCharacter)
}

/** Text on one line, control characters escaped, cut at `maxCharacters` with an ellipsis. */
export function oneLine(text: string, maxCharacters: number): string {
  const escaped = escapeControl(text.slice(0, maxCharacters * 2))
  const characters = [...escaped]
  if (characters.length <= maxCharacters && text.length <= maxCharacters * 2) return escaped
  return `${characters.slice(0, maxCharacters - 1).join('')}…`
}

/** A name in the safe alphabet `a-z0-9-`, 48 characters at most; empty where nothing safe is left. */
export function safeName(text: string): string {
  const dashed = text.slice(0, 256).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return dashed.replaceAll(/^-+|-+$/g, '').slice(0, 48).replace(/-+$/, '')
}

/** How many bytes the text takes as UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
