/** Checks of the owner's channels that inbound messages are forwarded to. */
import { escapeControl } from '../lib/text.ts'
import type { ConfigInput } from './schema.ts'
import { badValue } from './validate.ts'

/** A message that came over the mesh and is sent into it again would go round for ever. */
const OWN_CHANNEL = 'libp2p-mesh'
const CHANNEL_NAME = /^[a-z0-9][a-z0-9_.-]*$/

/** A place in a channel of the host that inbound messages are forwarded to. */
export interface ForwardTarget {
  channel: string
  target: string
  accountId?: string
}

/** Where the check finds the values, and where it puts what the owner should know. */
export interface ForwardCheck {
  /** Path of `config`, for errors. */
  path: string
  warnings: string[]
}

/** `inboundTargets`, or the pair `inboundChannel` and `inboundTarget`, each place once; empty: nothing is forwarded. */
export function checkForwardTargets(input: ConfigInput, { path, warnings }: ForwardCheck): ForwardTarget[] {
  const { inboundChannel, inboundTarget, inboundTargets } = input
  if (inboundTargets !== undefined) {
    if (inboundChannel !== undefined || inboundTarget !== undefined) warnings.push('inboundTargets is set, so inboundChannel and inboundTarget are unused')
    const targets = inboundTargets.map((target, index) => checkTarget(target, { channel: `${path}.inboundTargets[${String(index)}].channel`, target: `${path}.inboundTargets[${String(index)}].target` }))
    return withoutRepeats(targets, warnings)
  }
  if (inboundChannel === undefined && inboundTarget === undefined) return []
  if (inboundTarget === undefined) throw badValue(`${path}.inboundTarget`, undefined, 'a target in inboundChannel beside it, for example "user:ou_xxx"')
  if (inboundChannel === undefined) throw badValue(`${path}.inboundChannel`, undefined, 'the channel of inboundTarget beside it, for example "feishu"')
  return [checkTarget({ channel: inboundChannel, target: inboundTarget }, { channel: `${path}.inboundChannel`, target: `${path}.inboundTarget` })]
}

function checkTarget({ channel, target, accountId }: ForwardTarget, paths: { channel: string, target: string }): ForwardTarget {
  const name = channel.trim().toLowerCase()
  if (!CHANNEL_NAME.test(name)) throw badValue(paths.channel, channel, 'the ID of an OpenClaw channel, for example "feishu"')
  if (name === OWN_CHANNEL) throw badValue(paths.channel, channel, 'another channel: what came over the mesh would be sent into it again')
  const place = target.trim()
  if (place === '' || escapeControl(place) !== place) throw badValue(paths.target, target, 'a target without control characters, for example "user:ou_xxx" or "chat:oc_xxx"')
  const account = accountId?.trim() ?? ''
  if (escapeControl(account) !== account) throw badValue(paths.target.replace(/target$/, 'accountId'), accountId, 'an account ID without control characters')
  return { channel: name, target: place, ...account !== '' && { accountId: account } }
}

function withoutRepeats(targets: readonly ForwardTarget[], warnings: string[]): ForwardTarget[] {
  const places = new Map(targets.map(target => [JSON.stringify([target.channel, target.target, target.accountId]), target]))
  if (places.size < targets.length) warnings.push('inboundTargets names a place more than once; messages are shown there once')
  return [...places.values()]
}
