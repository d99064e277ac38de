/** Where `openclaw p2p join` gets its ticket from: a file, standard input, or whoever sits at the terminal; never from its arguments. */
import { open } from 'node:fs/promises'
import { MAX_TICKET_CHARACTERS } from '../config/invite-limits.ts'
import { MeshError, systemCode, toError } from '../lib/errors.ts'

/** Standard input. */
export interface TicketInput {
  isTerminal: boolean
  chunks: () => AsyncIterable<string | Uint8Array>
  /** Begins to read lines. */
  lines: () => AsyncIterable<string> & { close: () => void }
  /** Shows what to do, where it is in nobody's way. */
  ask: (text: string) => void
}

/** @throws MeshError `INVALID_ARGUMENT` when the file cannot be read */
export async function readTicket(file: string | undefined, input: TicketInput): Promise<string> {
  if (file !== undefined) return readStart(file)
  return input.isTerminal ? askForTicket(input) : readAll(input.chunks())
}

/** Whoever passes the ticket itself where a file belongs is told so, and does not read it once more in an error. */
async function readStart(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_TICKET_CHARACTERS), 0, MAX_TICKET_CHARACTERS, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    throw new MeshError('INVALID_ARGUMENT', `the file with the ticket cannot be read (${systemCode(error) ?? toError(error).name}). ` +
      'The ticket itself is not taken as an argument, for others on this machine can see those: run `openclaw p2p join` and paste it', { cause: error })
  }
}

async function readAll(chunks: AsyncIterable<string | Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    if (text.length > MAX_TICKET_CHARACTERS) break
  }
  return text.slice(0, MAX_TICKET_CHARACTERS)
}

/** A ticket may be pasted as several lines; a link is one. */
async function askForTicket({ ask, lines }: TicketInput): Promise<string> {
  ask('Paste the ticket that the other side made with `openclaw p2p invite`, then press Enter on an empty line:')
  const source = lines()
  const ticket: string[] = []
  for await (const line of source) {
    if (line.trim() === '' && ticket.length > 0) break
    ticket.push(line)
    if (/^\s*libp2p-mesh:/i.test(line) || ticket.join('\n').length > MAX_TICKET_CHARACTERS) break
  }
  source.close()
  return ticket.join('\n').slice(0, MAX_TICKET_CHARACTERS)
}
