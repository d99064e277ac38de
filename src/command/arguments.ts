/** The arguments of the `libp2p-mesh` command, checked; its help. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkAnnounceAddrs, checkListenAddrs } from '../config/addresses.ts'
import { RELAY_LISTEN_ADDRS } from '../config/defaults.ts'
import { MeshError, toError } from '../lib/errors.ts'

/** What the command is to do. */
export type Command = { kind: 'relay', options: RelayOptions } | { kind: 'help' } | { kind: 'version' }

export interface RelayOptions {
  listenAddrs: string[]
  announceAddrs: string[]
  dataDir: string
  /** Of a private network. */
  networkKeyFile: string | undefined
  isJson: boolean
}

/** Under the home folder. */
const DATA_DIR = '.libp2p-mesh-relay'

export const HELP = `Usage: libp2p-mesh relay [options]

Runs a relay, bootstrap peer and STUN server for libp2p-mesh until SIGTERM or SIGINT.
For each address to hand out it prints a line "Relay address: <multiaddr>/p2p/<peer ID>".

  --listen <multiaddr>     where to listen; may be given several times
                           (default: ${RELAY_LISTEN_ADDRS.join(' and ')})
  --announce <multiaddr>   the address that others dial, where it is not one of this machine's; may be given several times
  --data-dir <folder>      folder of the identity (default: ~/${DATA_DIR})
  --network-key <file>     the key of a private network: only nodes with the same key connect
  --json                   one JSON object a line on standard output
  --help, --version

With TCP port P it also needs the UDP ports P and P+1 and the TCP ports P+1 and P+2 (STUN).
Exit code: 0 after a stop by signal, 1 when it cannot run, 2 for wrong arguments.
`

const OPTIONS = {
  listen: { type: 'string', multiple: true },
  announce: { type: 'string', multiple: true },
  'data-dir': { type: 'string' },
  'network-key': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' }
} as const

/**
 * @param args the words after the program's name
 * @param home the home folder
 * @throws MeshError `INVALID_ARGUMENT` that names the argument
 */
export function parseCommand(args: string[], home: string): Command {
  const { values, positionals } = parse(args)
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  const [command, extra] = positionals
  if (command === undefined) throw invalid('say what to run: libp2p-mesh relay')
  if (command !== 'relay') throw invalid(`there is no command "${command}"; expected relay`)
  if (extra !== undefined) throw invalid(`relay takes no argument "${extra}"`)
  const listenAddrs = checkListenAddrs(values.listen ?? RELAY_LISTEN_ADDRS, { path: '--listen', webSocket: true })
  const secure = listenAddrs.find(address => /\/(wss|tls)(\/|$)/.test(address))
  if (secure !== undefined) throw invalid(`--listen: ${secure} would need a certificate; listen on /ws behind a proxy that has one, and --announce the /wss address`)
  const announceAddrs = checkAnnounceAddrs(values.announce ?? [], { path: '--announce', webSocket: true })
  const dataDir = values['data-dir'] ?? join(home, DATA_DIR)
  if (dataDir === '') throw invalid('--data-dir: expected the path of a folder')
  const networkKeyFile = values['network-key']
  if (networkKeyFile === '') throw invalid('--network-key: expected the path of a file')
  return {
    kind: 'relay',
    options: {
      listenAddrs, announceAddrs, dataDir, networkKeyFile: networkKeyFile === undefined ? undefined : resolve(networkKeyFile), isJson: values.json ?? false
    }
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw invalid(toError(error).message, error)
  }
}

function invalid(message: string, cause?: unknown): MeshError {
  return new MeshError('INVALID_ARGUMENT', message, { cause })
}
