/** `openclaw p2p ...`: thin commands over the gateway's operations. Loaded only when such a command runs. */
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { addGatewayClientOptions } from 'openclaw/plugin-sdk/gateway-runtime'
import { toMeshError } from '../lib/errors.ts'
import { createSwarmKey } from '../lib/swarm-key.ts'
import { CALL_COMMANDS } from './cli-calls.ts'
import { runChat, type ChatInit } from './cli-chat.ts'
import { runInvite } from './cli-invite.ts'
import { runPing } from './cli-ping.ts'
import { readTicket, type TicketInput } from './cli-ticket.ts'
import type { CommandRow } from './command-row.ts'
import { failureDetails, failureText } from './details.ts'
import { callGateway, type GatewayCall, type GatewayOptions } from './gateway-call.ts'
import { CLI_DESCRIPTION, CLI_ROOT } from './names.ts'
import type { Outcome } from './operations/definition.ts'
import { safeJson } from './safe-json.ts'

type CliContext = Parameters<Parameters<OpenClawPluginApi['registerCli']>[0]>[0]
type Command = CliContext['program']

const to = ([recipient]: string[]): object => ({ to: recipient })
/** A send waits for the peer's confirmation, which the owner may set to minutes. */
const SLOW_TIMEOUT_MS = 120_000

/** One row for each command but `chat`, `ping`, `invite`, `join` and `networkkey`. */
const COMMANDS: readonly CommandRow[] = [
  { usage: 'status', description: 'The node at a glance, and who waits for approval', operation: 'status', params: () => ({}) },
  { usage: 'identity', description: 'IDs of this instance, to give to others', operation: 'identity', params: () => ({}) },
  {
    usage: 'doctor',
    description: 'Look for faults: path to each peer, NAT, ports, relays, and what to do; exit code 1 when something keeps this node from being reached',
    operation: 'doctor',
    params: () => ({}),
    needs: 'healthy'
  },
  {
    usage: 'peers',
    description: 'Known peers',
    options: [['--online', 'Only peers that are online now']],
    operation: 'peers',
    params: (_, { online }) => online === true ? { online } : {}
  },
  { usage: 'instances', description: 'Known instances, and what approved ones say about their agents', operation: 'instances', params: () => ({}) },
  {
    usage: 'add <recipient>',
    description: 'Make a peer known and try to reach it; approves nothing inbound',
    options: [
      ['-a, --alias <alias>', 'Local name to pin to this peer'], ['--replace', 'Pin the name to this peer although another one has it'],
      ['--no-agent', 'Your agent may not message it on its own'], ['--agent', 'Your agent may message it again']
    ],
    operation: 'add',
    params: (words, { alias, replace, agent }) => ({
      ...to(words),
      ...alias === undefined ? {} : { alias },
      ...replace === true ? { replace } : {},
      ...agent === undefined ? {} : { agentMayMessage: agent }
    })
  },
  { usage: 'discover', description: 'Ask bootstrap nodes, relays, approved and added peers and the LAN for peers, and connect to them', operation: 'discover', params: () => ({}) },
  { usage: 'remove <recipient>', description: 'Forget a peer with its alias and approval', operation: 'remove', params: to },
  {
    usage: 'send <recipient> <text...>',
    description: 'Send a text: to an instance (by ID or instance name) until it was delivered there, to a peer (by peer ID, agent ID or alias) until it is received, held or queued',
    operation: 'sendAny',
    params: ([recipient, ...words]) => ({ to: recipient, message: words.join(' ') })
  },
  {
    usage: 'broadcast <text...>',
    description: 'Send a text to everybody on the mesh, strangers included, and say how many peers it went to',
    options: [['--topic <topic>', 'Another topic than meshTopic']],
    operation: 'broadcast',
    params: (words, { topic }) => ({ message: words.join(' '), ...topic === undefined ? {} : { topic } })
  },
  { usage: 'message <messageId>', description: 'How far a sent message got, and what the recipient\'s channels said', operation: 'message', params: ([messageId]) => ({ messageId }) },
  {
    usage: 'inbox',
    description: 'Received messages, with the text of unapproved senders',
    options: [['--unread', 'Unread messages only'], ['--limit <count>', 'How many, the newest first'], ['--mark-read', 'Mark them as read']],
    operation: 'inbox',
    params: (_, { unread, limit, markRead }) => ({
      ...unread === true ? { unreadOnly: true } : {},
      ...limit === undefined ? {} : { limit: Number(limit) },
      ...markRead === true ? { markRead } : {}
    })
  },
  {
    usage: 'approve <codeOrRecipient>',
    description: 'Let a peer\'s messages in and release what it left',
    operation: 'approve',
    params: ([who]) => ({ who })
  },
  { usage: 'block <recipient>', description: 'Refuse a peer from now on', operation: 'block', params: to },
  ...CALL_COMMANDS
]

/** What the commands work with; the terminal unless told otherwise. */
export interface CliParts {
  call: (call: GatewayCall) => Promise<Outcome>
  lines: ChatInit['lines']
  input: Omit<TicketInput, 'lines' | 'ask'>
  /** Whether a person sees what is printed. */
  isWatched: boolean
  out: (text: string) => void
  err: (text: string) => void
  fail: () => void
  pause: (ms: number) => Promise<void>
}

const TERMINAL: CliParts = {
  call: callGateway,
  lines: () => createInterface({ input: process.stdin }),
  input: { isTerminal: process.stdin.isTTY, chunks: () => process.stdin },
  isWatched: process.stdin.isTTY && process.stdout.isTTY,
  out: text => process.stdout.write(`${text}\n`),
  err: text => process.stderr.write(`${text}\n`),
  fail: () => { process.exitCode = 1 },
  pause: async (ms) => { await pause(ms) }
}

/** Adds the commands to the host's program. */
export function addCommands(program: Command, parts: CliParts = TERMINAL): void {
  const root = program.command(CLI_ROOT).description(CLI_DESCRIPTION)
  for (const row of COMMANDS) {
    const command = root.command(row.usage).description(row.description)
    for (const [flags, description] of row.options ?? []) command.option(flags, description)
    prepare(command).action(async () => {
      const options = command.opts<Record<string, unknown>>()
      const outcome = await parts.call({ operation: row.operation, params: row.params(command.args, options), options: gatewayOptions(options) })
      print(outcome, options['json'] === true, parts)
      if (row.needs !== undefined && outcome.details.ok && outcome.details[row.needs] !== true) parts.fail()
    })
  }
  addPing(root, parts)
  addInvite(root, parts)
  addJoin(root, parts)
  addChat(root, parts)
  addNetworkKey(root, parts)
}

function addPing(root: Command, parts: CliParts): void {
  const command = root.command('ping <recipient>').description('Round trip time and path to a peer, until the path is direct (10 pings at most)')
  prepare(command.option('-c, --count <count>', 'Exactly so many pings')).action(async () => {
    const options = command.opts<Record<string, unknown>>()
    const isJson = options['json'] === true
    const outcome = await runPing({
      recipient: command.args[0] ?? '',
      ...options['count'] !== undefined && { count: Number(options['count']) },
      call: async call => parts.call({ ...call, options: gatewayOptions(options) }),
      show: (line) => { if (!isJson) parts.out(line) },
      pause: parts.pause
    })
    print(outcome, isJson, parts)
  })
}

function addInvite(root: Command, parts: CliParts): void {
  const command = root.command('invite').description('Make a ticket that lets one peer in; hand it on in private')
    .option('--name <alias>', 'Local name to pin to whoever joins with it')
    .option('--expires <duration>', 'How long it is good, e.g. 15m, 2h, 1d; 15m unless told')
  prepare(command).action(async () => {
    const { name, expires, json, ...rest } = command.opts<Record<string, unknown>>()
    const isJson = json === true
    const outcome = await runInvite({
      params: { ...name === undefined ? {} : { name }, ...expires === undefined ? {} : { expires } },
      call: async call => parts.call({ ...call, options: gatewayOptions(rest) }),
      show: (text) => { if (!isJson) parts.out(text) },
      isWatched: parts.isWatched && !isJson
    })
    print(outcome, isJson, parts)
  })
}

function addJoin(root: Command, parts: CliParts): void {
  const command = root.command('join [file]').description('Join with the ticket of another node: from the file, standard input, or as you paste it')
    .option('--name <alias>', 'Local name to pin to the peer that made the ticket')
  prepare(command).action(async () => {
    const { name, json, ...rest } = command.opts<Record<string, unknown>>()
    print(await joinWith(command.args[0], { name, options: gatewayOptions(rest) }, parts), json === true, parts)
  })
}

async function joinWith(file: string | undefined, { name, options }: { name: unknown, options: GatewayOptions }, parts: CliParts): Promise<Outcome> {
  try {
    const ticket = await readTicket(file, { ...parts.input, lines: parts.lines, ask: parts.err })
    return await parts.call({ operation: 'join', params: { ticket, ...name === undefined ? {} : { name } }, options })
  } catch (thrown) {
    const error = toMeshError(thrown)
    return { details: failureDetails(error), text: failureText(error) }
  }
}

function addChat(root: Command, parts: CliParts): void {
  const command = root.command('chat <recipient>').description('Talk to a peer in this terminal; end with Ctrl+D')
  prepare(command).action(async () => {
    const options = command.opts<Record<string, unknown>>()
    const isJson = options['json'] === true
    const outcome = await runChat({
      recipient: command.args[0] ?? '',
      lines: parts.lines,
      call: async call => parts.call({ ...call, options: { ...gatewayOptions(options), timeout: String(SLOW_TIMEOUT_MS) } }),
      show: (line) => { if (!isJson) parts.out(line) }
    })
    print(outcome, isJson, parts)
  })
}

/** Needs no gateway: it writes a file. */
function addNetworkKey(root: Command, parts: CliParts): void {
  const command = root.command('networkkey <file>').description('Write the key of a new private network to a file, for networkKeyFile of each of its nodes')
  command.option('--json', 'Print the details as one JSON value').action(async () => {
    print(await writeNetworkKey(resolve(command.args[0] ?? '')), command.opts<Record<string, unknown>>()['json'] === true, parts)
  })
}

async function writeNetworkKey(file: string): Promise<Outcome> {
  try {
    await createSwarmKey(file)
    const text = `Wrote ${file}. Copy it to each node of the network over a safe way, and set networkKeyFile there.`
    return { details: { ok: true, file }, text }
  } catch (thrown) {
    const error = toMeshError(thrown)
    return { details: failureDetails(error), text: failureText(error) }
  }
}

function prepare(command: Command): Command {
  return addGatewayClientOptions(command.option('--json', 'Print the details as one JSON value'), { timeoutMs: SLOW_TIMEOUT_MS })
}

function gatewayOptions(options: Record<string, unknown>): GatewayOptions {
  const named = ['url', 'port', 'token', 'password', 'timeout'] as const
  return Object.fromEntries(named.flatMap(name => typeof options[name] === 'string' ? [[name, options[name]]] : []))
}

function print({ details, text }: Outcome, isJson: boolean, { out, err, fail }: CliParts): void {
  if (isJson) out(safeJson(details))
  else if (details.ok && text !== '') out(text)
  if (details.ok) return
  err(text)
  fail()
}
