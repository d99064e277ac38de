/** Sends a file in the terminal, with a bar that shows how far it got; the gateway goes on with it when the terminal is closed. */
import type { ErrorCode } from '../lib/errors.ts'
import type { Transfer } from '../mesh-api.ts'
import type { CommandRow } from './command-row.ts'
import type { SuccessDetails } from './details.ts'
import { progressLine, transferText } from './file-text.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { Outcome } from './operations/definition.ts'

const FILE_OPERATIONS: Readonly<Record<string, string>> = { accept: 'acceptFile', cancel: 'cancelFile' }

/** One row for each command about files that were sent or came. */
export const FILE_COMMANDS: readonly CommandRow[] = [{
  usage: 'files [action] [transferId]',
  description: 'Files that were sent or came; "accept <transferId>" takes one that waits, "cancel <transferId>" gives one up, or refuses it',
  options: [['--in', 'Files of peers only'], ['--out', 'Your own only'], ['--limit <count>', 'How many, the newest first']],
  operation: ([action]) => action === undefined ? 'files' : FILE_OPERATIONS[action] ?? 'files',
  params: ([action, transferId], { in: isIn, out: isOut, limit }) => ({
    ...action !== undefined && { transferId: FILE_OPERATIONS[action] === undefined ? action : transferId },
    ...isIn === true && { direction: 'in' },
    ...isOut === true && { direction: 'out' },
    ...limit !== undefined && { limit: Number(limit) }
  })
}]

/** What the command works with. */
export interface SendFileInit {
  params: { path: string, to?: string, message?: string }
  call: (call: GatewayCall) => Promise<Outcome>
  /** Shows the bar; each one takes the place of the last. */
  showProgress: (line: string) => void
  pause: (ms: number) => Promise<void>
}

/** A person sees a bar move at this pace, and a call of the gateway costs some milliseconds. */
const LOOK_MS = 500

/** Follows the file until it has arrived, or waits for somebody. */
export async function runSendFile({ params, call, showProgress, pause }: SendFileInit): Promise<Outcome> {
  let outcome = await call({ operation: 'sendFile', params: { ...params, waitMs: 0 } })
  if (!outcome.details.ok) return outcome
  let transfer = transferOf(outcome.details)
  while (isUnderWay(transfer)) {
    showProgress(progressLine(transfer))
    await pause(LOOK_MS)
    outcome = await call({ operation: 'files', params: { transferId: transfer.transferId } })
    if (!outcome.details.ok) return outcome
    transfer = firstOf(outcome.details)
  }
  showProgress(`${progressLine(transfer)}\n`)
  return toOutcome(transfer)
}

/** A peer that is away is not waited for. */
function isUnderWay({ state, error }: Transfer): boolean {
  return state === 'moving' || (state === 'queued' && error === undefined)
}

function toOutcome(transfer: Transfer): Outcome {
  const { state, error } = transfer
  const isLost = state === 'failed' || state === 'rejected' || state === 'cancelled' || state === 'expired'
  if (!isLost) return { details: { ok: true, ...transfer }, text: transferText(transfer) }
  const code = (error?.code ?? 'NOT_ALLOWED') as ErrorCode // of a failure that the mesh stored
  return { details: { ok: false, error: { message: `the file is ${state}`, ...error, code }, state }, text: transferText(transfer) }
}

/** Made by the gateway's own plugin, which is this one. */
function transferOf({ ok: _ok, ...transfer }: SuccessDetails): Transfer {
  return transfer as unknown as Transfer
}

function firstOf({ files }: SuccessDetails): Transfer {
  const [transfer] = files as Transfer[]
  if (transfer === undefined) throw new Error('the gateway named no file')
  return transfer
}
