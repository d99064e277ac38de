/** Names of files as peers give them, made safe: a name is never a path. */
import { MAX_FILE_NAME_CHARACTERS } from '../config/file-limits.ts'

const MAX_EXTENSION_CHARACTERS = 16
/** Names that some systems take for devices. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * A name that every file system takes and that leads nowhere: letters, digits, `.`, `-` and `_`, no dot in front, 60 characters.
 *
 * @returns `file` where nothing safe is left
 */
export function safeFileName(name: string): string {
  const plain = name.normalize('NFC').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/\.{2,}/g, '.').replace(/^[.-]+/, '').replace(/[.-]+$/, '')
  const short = shortened(plain)
  if (short === '') return 'file'
  return DEVICES.test(short) ? `file-${short}` : short
}

/** Cut in the middle, so that its extension stays. */
function shortened(name: string): string {
  const characters = [...name]
  if (characters.length <= MAX_FILE_NAME_CHARACTERS) return name
  const dot = characters.lastIndexOf('.')
  const extension = dot >= characters.length - MAX_EXTENSION_CHARACTERS ? characters.slice(dot) : []
  return [...characters.slice(0, MAX_FILE_NAME_CHARACTERS - extension.length), ...extension].join('')
}
