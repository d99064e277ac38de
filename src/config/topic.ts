/** The name of a broadcast topic. */
import { MAX_TOPIC_CHARACTERS } from './broadcast-limits.ts'

/** What a topic looks like, for errors. */
export const TOPIC_FORM = `1 to ${String(MAX_TOPIC_CHARACTERS)} letters, digits and "-._/:"`

export function isTopic(text: string): boolean {
  return text.length <= MAX_TOPIC_CHARACTERS && /^[\p{L}\p{N}\-._/:]+$/u.test(text)
}
