/** Codes that name a waiting peer in the owner's approve command. */

/** Crockford's base 32: no letter that reads like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 8

/**
 * A code such as `K7QF-2M9X`. It is typed by the owner on his own machine and is no secret.
 *
 * @param random a source of numbers in [0, 1)
 */
export function createApprovalCode(random: () => number): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET.charAt(Math.floor(random() * ALPHABET.length)))
  return `${letters.slice(0, LENGTH / 2).join('')}-${letters.slice(LENGTH / 2).join('')}`
}

/** The code in its canonical form, or undefined when the text is none. */
export function parseApprovalCode(text: string): string | undefined {
  const letters = text.trim().toUpperCase().replaceAll('-', '')
  if (letters.length !== LENGTH || [...letters].some(letter => !ALPHABET.includes(letter))) return undefined
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`
}
