/** The names under which the host and its users know this plugin. */

/** Plugin ID and channel ID. */
export const CHANNEL_ID = 'libp2p-mesh'

/** The channel has one account: the node of this gateway. */
export const ACCOUNT_ID = 'default'

export const CHANNEL_LABEL = 'libp2p mesh'

export const DESCRIPTION = 'Direct messages between OpenClaw gateways over libp2p, with no server in between'

/** `openclaw p2p ...` */
export const CLI_ROOT = 'p2p'

export const CLI_DESCRIPTION = 'Use the libp2p mesh: peers, messages, approvals'

/** The gateway method of an operation. */
export function methodName(operation: string): string {
  return `${CHANNEL_ID}.${operation}`
}
