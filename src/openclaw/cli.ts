/** `openclaw p2p ...`: thin commands over the gateway's operations. Loaded only when such a command runs. */
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { addGatewayClientOptions } from 'openclaw/plugin-sdk/gateway-runtime'
import { CALL_COMMANDS } from './cli-calls.ts'
import { runChat, type ChatInit } from './cli-chat.ts'
import { runPing } from './cli-ping.ts'
import type { CommandRow } from './command-row.ts'
import { callGateway, type GatewayCall, type GatewayOptions } from './gateway-call.ts'
import { CLI_DESCRIPTION, CLI_ROOT } from './names.ts'
import type { Outcome } from './operations/definition.ts'
import { safeJson } from './safe-json.ts'

type CliContext = Parameters<Parameters<OpenClawPluginApi['registerCli']>[0]>[0]
type Command = CliContext['program']

const to = ([recipient]: string[]): object => ({ to: recipient })
/** A send waits for the peer's confirmation, which the owner may set to minutes. */
const SLOW_TIMEOUT_MS = 120_000

/** One row for each command but `chat` and `ping`, which make several calls. */
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
    options: [['--online', 'Connected peers only']],
    operation: 'peers',
    params: (_, { online }) => online === true ? { online } : {}
  },
  { usage: 'instances', description: 'Known instances, and what approved ones say about their agents', operation: 'instances', params: () => ({}) },
  {
    usage: 'add <recipient>',
    description: 'Make a peer known and try to reach it; approves nothing inbound',
    options: [['-a, --alias <alias>', 'Local name to pin to this peer'], ['--replace', 'Pin the alias to this peer although another one has it']],
    operation: 'add',
    params: (words, { alias, replace }) => ({ ...to(words), ...alias === undefined ? {} : { alias }, ...replace === true ? { replace } : {} })
  },
  { usage: 'remove <recipient>', description: 'Forget a peer with its alias and approval', operation: 'remove', params: to },
  {
    usage: 'send <recipient> <text...>',
    description: 'Send a text: to an instance (by ID or instance name) until it was delivered there, to a peer (by peer ID, agent ID or alias) until it is received, held or queued',
    operation: 'sendAny',
    params: ([recipient, ...words]) => ({ to: recipient, message: words.join(' ') })
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
  out: (text: string) => void
  err: (text: string) => void
  fail: () => void
  pause: (ms: number) => Promise<void>
}

const TERMINAL: CliParts = {
  call: callGateway,
  lines: () => createInterface({ input: process.stdin }),
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
  addChat(root, parts)
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
