/** What alice and bob do in the demo: they find each other, let each other in, and talk. */

import type { Gateway } from '../support/openclaw/gateway.ts'
import type { JsonObject } from '../support/openclaw/json.ts'
import { until } from '../support/until.ts'
import { NAME_COLUMNS, type Screen } from './screen.ts'
import type { Cast } from './stage.ts'

/** Generous: these only end what hangs. */
const FIND_TIMEOUT_MS = 120_000
const REPLY_TIMEOUT_MS = 180_000

/** What the demo's gateways are configured with: no address, and patience with a busy machine. */
export const PATIENT = { deliveryAckTimeoutMs: REPLY_TIMEOUT_MS }

/** Resolves when every line of the play was spoken; throws when one was not. */
export async function play(screen: Screen, cast: Cast): Promise<void> {
  const { alice, bob } = cast
  const [aliceId, bobId] = await screen.step('They find each other by mDNS, with no address configured', async () => meet(cast))
  screen.note(`alice  ${aliceId}`)
  screen.note(`bob    ${bobId}`)
  screen.blank()

  const hello = 'Hello Bob, Alice here. Is your agent awake?'
  const sent = await ask(alice, 'p2p_send_message', { to: bobId, message: hello })
  screen.message({ from: 'alice', to: 'bob', text: hello, state: `${word(sent, 'state')}: bob's owner does not know alice yet` })

  await screen.step('Both owners approve the other side', async () => Promise.all([approve(bob, aliceId), approve(alice, bobId)]))
  screen.command('bob', `openclaw p2p approve ${aliceId}`)
  screen.command('alice', `openclaw p2p approve ${bobId}`)

  const reply = await screen.step('Bob\'s agent reads the message and answers', async () => replyTo(alice, word(sent, 'messageId')))
  screen.message({ from: 'alice', to: 'bob', text: hello, state: word(await ask(alice, 'p2p_message_status', { messageId: word(sent, 'messageId') }), 'state') })
  screen.message({ from: 'bob\'s agent', to: 'alice', text: reply, state: 'received' })

  const question = 'Hello Alice, good to have you in the mesh.'
  const answered = await screen.step('Bob writes back and waits for the answer', async () =>
    ask(bob, 'p2p_send_message', { to: aliceId, message: question, waitForReplyMs: REPLY_TIMEOUT_MS }))
  screen.message({ from: 'bob', to: 'alice', text: question, state: word(answered, 'state') })
  screen.message({ from: 'alice\'s agent', to: 'bob', text: word(answered, 'reply'), state: 'received' })

  await sendToInstance(screen, cast)
}

/** An instance message is a success only when the other side confirmed its delivery. */
async function sendToInstance(screen: Screen, { alice, bob }: Cast): Promise<void> {
  const instanceId = word(await ask(bob, 'p2p_get_instance_identity'), 'instanceId')
  const text = 'To your instance, Bob: the demo is over.'
  const delivered = await screen.step('Alice sends to Bob\'s instance and waits for the delivery ACK', async () =>
    ask(alice, 'p2p_send_instance_message', { instanceId, message: text }))
  screen.message({ from: 'alice', to: instanceId, text, state: `${word(delivered, 'state')}: bob's agent took it, and bob's gateway said so` })
  const { history } = await ask(alice, 'p2p_message_status', { messageId: word(delivered, 'messageId') }) as { history?: Array<{ state: string, at: number }> }
  const begin = history?.[0]?.at ?? 0
  screen.note(`${''.padEnd(NAME_COLUMNS)} ${(history ?? []).map(({ state, at }) => `${state} +${((at - begin) / 1000).toFixed(2)} s`).join(' → ')}`)
}

/** Waits until each is connected to the other; returns the peer IDs. */
async function meet({ alice, bob }: Cast): Promise<[string, string]> {
  const [aliceId, bobId] = [word(await ask(alice, 'p2p_status'), 'peerId'), word(await ask(bob, 'p2p_status'), 'peerId')]
  await Promise.all([connected(alice, bobId), connected(bob, aliceId)])
  return [aliceId, bobId]
}

async function connected(gateway: Gateway, peerId: string): Promise<void> {
  const isConnected = async (): Promise<boolean> => {
    const { peers } = await ask(gateway, 'p2p_list_peers') as { peers?: Array<{ peerId: string, connected: boolean }> }
    return peers?.some(peer => peer.peerId === peerId && peer.connected) ?? false
  }
  await until(isConnected, { what: `${gateway.name} to be connected to ${peerId}`, timeoutMs: FIND_TIMEOUT_MS, intervalMs: 500 })
}

/** What the owner of `gateway` does in a terminal. */
async function approve(gateway: Gateway, peerId: string): Promise<void> {
  const { code, output } = await gateway.cli(['p2p', 'approve', peerId])
  if (code !== 0) throw new Error(`\`openclaw p2p approve ${peerId}\` of ${gateway.name} failed:\n${output}`)
}

/** Waits for the answer to a message of `gateway` and returns its text. */
async function replyTo(gateway: Gateway, messageId: string): Promise<string> {
  return until(async () => {
    const { messages } = await ask(gateway, 'p2p_inbox') as { messages?: Array<{ inReplyTo?: string, text?: string }> }
    return messages?.find(({ inReplyTo }) => inReplyTo === messageId)?.text
  }, { what: `the answer to the message of ${gateway.name}`, timeoutMs: REPLY_TIMEOUT_MS, intervalMs: 500 })
}

/** Calls a tool; a result that is no success is an error. */
async function ask(gateway: Gateway, tool: string, args: JsonObject = {}): Promise<JsonObject> {
  const details = await gateway.tool(tool, args, REPLY_TIMEOUT_MS + 60_000)
  if (details['ok'] === false) throw new Error(`${tool} of ${gateway.name} failed: ${JSON.stringify(details['error'])}`)
  return details
}

function word(details: JsonObject, key: string): string {
  const value = details[key]
  if (typeof value !== 'string') throw new Error(`No "${key}" in ${JSON.stringify(details)}`)
  return value
}
