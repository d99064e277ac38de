/** What happens in the mesh, told to the log, the owner and the agent. */
import { oneLine } from '../lib/text.ts'
import type { CallNote, InboundMessage, MeshEvent, Transfer } from '../mesh-api.ts'
import { receivedText, transferText } from './file-text.ts'
import type { Forwarder } from './forwarder.ts'
import type { Host } from './host.ts'
import type { InboundTurns } from './inbound.ts'
import type { Notices } from './notices.ts'
import { restrictTurns } from './restrict-turns.ts'

/** Long enough to recognise a message, short enough for one line. */
const LOGGED_CHARACTERS = 200

/** Who is told. */
export interface EventAudience {
  host: Host
  notices: Notices
  inbound: InboundTurns
  forwarder: Forwarder
  /** Notes traffic for the host's status. */
  noteInbound: () => void
  /** The event tells of a message that was logged in an earlier run and that nobody took yet. */
  isRepeated: boolean
}

/** Handles one event; connections, instances and broadcasts are logged by the mesh itself. */
export function handleEvent(event: MeshEvent, { host, notices, inbound, forwarder, noteInbound, isRepeated }: EventAudience): void {
  switch (event.type) {
    case 'message':
      if (!isRepeated && event.message.kind !== 'broadcast') host.log.info(messageLine(event.message))
      noteInbound()
      inbound.handle(event.message)
      return
    case 'held':
      notices.held(event.peerId, event.code)
      return
    case 'joined':
      void restrictTurns(host, event.peerId).then((restriction) => { notices.joined(event, restriction) })
      return
    case 'delivery':
      host.log.debug(`Message ${event.messageId} to ${event.peerId}: ${event.state}`)
      return
    case 'file':
      noteFile(event.transfer, { host, notices })
      return
    case 'forward':
      forwarder.handle(event)
      return
    case 'call':
      host.log.info(callLine(event))
      return
    case 'forwarded':
    case 'instance':
    case 'peer-connected':
    case 'peer-disconnected':
  }
}

function noteFile(transfer: Transfer, { host, notices }: Pick<EventAudience, 'host' | 'notices'>): void {
  host.log.debug(transferText(transfer).replaceAll('\n', ';'))
  if (transfer.direction === 'in' && transfer.state === 'asking') notices.fileWaits(transfer)
}

function messageLine({ from, text, call, file }: InboundMessage): string {
  if (file !== undefined) return `File from ${from}: ${receivedText(file)}`
  return `${call === undefined ? 'Direct message from' : callTitle(call)} ${from}: ${oneLine(text, LOGGED_CHARACTERS)}`
}

function callTitle({ act }: CallNote): string {
  if (act === 'asks') return 'Question of the agent in the call with'
  return act === 'over' ? 'Call with' : `Call (${act}) from`
}

function callLine({ callId, peerId, state, waits, endReason }: Extract<MeshEvent, { type: 'call' }>): string {
  return `Call ${callId} with ${peerId}: ${state}${waits ? ', waits' : ''}${endReason === undefined ? '' : ` (${endReason})`}`
}
