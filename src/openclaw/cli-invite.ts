/** `openclaw p2p invite` in a terminal: the ticket as text and QR code, and who came with it. */
import { renderUnicodeCompact } from 'uqr'
import type { MeshEvent } from '../mesh-api.ts'
import type { SuccessDetails } from './details.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { Outcome } from './operations/definition.ts'
import { guestText } from './render.ts'

/** Below the time limit of one gateway call. */
const WATCH_MS = 25_000
/** Light around the code, in modules; half of what the standard asks for is enough for phones. */
const QUIET_ZONE = 2

/** What the command works with. */
export interface InviteInit {
  /** Of the operation. */
  params: object
  call: (call: GatewayCall) => Promise<Outcome>
  show: (text: string) => void
  /** Whether to stay until somebody came: where a person looks on. */
  isWatched: boolean
}

/** Makes a ticket and shows it; in a terminal, who came with it, too. Returns what is left to print. */
export async function runInvite({ params, call, show, isWatched }: InviteInit): Promise<Outcome> {
  const before = isWatched ? await call({ operation: 'watch', params: { timeoutMs: 0 } }) : undefined
  const invited = await call({ operation: 'invite', params })
  if (!invited.details.ok) return invited
  const { uri, inviteId, expiresAt } = invited.details
  show(`${invited.text}\n\n${qrCode(String(uri))}`)
  if (before?.details.ok !== true) return { ...invited, text: '' }
  show('\nWaiting until somebody joins with it. Ctrl+C ends the wait; the ticket stays good.')
  return { ...invited, text: await waitForGuest({ call, inviteId, expiresAt: Number(expiresAt) }, Number(before.details['cursor'])) }
}

/** A code in capitals holds more in less space. */
function qrCode(uri: string): string {
  return renderUnicodeCompact(uri.toUpperCase(), { border: QUIET_ZONE })
}

interface Wait extends Pick<InviteInit, 'call'> {
  inviteId: unknown
  expiresAt: number
}

async function waitForGuest({ call, inviteId, expiresAt }: Wait, from: number): Promise<string> {
  let cursor = from
  while (Date.now() < expiresAt) {
    const { details, text } = await call({ operation: 'watch', params: { after: cursor, timeoutMs: Math.min(WATCH_MS, Math.max(0, expiresAt - Date.now())) } })
    if (!details.ok) return text
    const guest = eventsOf(details).find(event => event.type === 'joined' && event.inviteId === inviteId)
    if (guest?.type === 'joined') return guestText(guest)
    cursor = Number(details['cursor'])
  }
  return 'The ticket has expired, and nobody joined with it.'
}

/** Made by the gateway's own plugin, which is this one. */
function eventsOf({ events }: SuccessDetails): MeshEvent[] {
  return Array.isArray(events) ? events as MeshEvent[] : []
}
