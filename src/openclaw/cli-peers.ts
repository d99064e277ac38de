/** The commands about peers. */
import type { CommandRow } from './command-row.ts'

const to = ([recipient]: string[]): object => ({ to: recipient })

/** One row for each. */
export const PEER_COMMANDS: readonly CommandRow[] = [
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
    usage: 'approve <codeOrRecipient>',
    description: 'Let a peer\'s messages in and release what it left',
    operation: 'approve',
    params: ([who]) => ({ who })
  },
  { usage: 'block <recipient>', description: 'Refuse a peer from now on', operation: 'block', params: to }
]
