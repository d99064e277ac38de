/** How two owners link their nodes: one makes a ticket, the other joins with it. The owner's alone: no tool lets anybody in. */
import Type from 'typebox'
import { MeshError } from '../../lib/errors.ts'
import { oneLine } from '../../lib/text.ts'
import { invitedText, joinedText } from '../render.ts'
import { restrictionText, restrictTurns } from '../restrict-turns.ts'
import { defineOperation } from './definition.ts'

const NAME = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }))

/** Makes a ticket for one peer. */
export const invite = defineOperation({
  name: 'invite',
  scope: 'operator.admin',
  parameters: Type.Object({ name: NAME, expires: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })) }),
  run: async ({ mesh }, { name, expires }) => mesh.createInvite({
    ...name !== undefined && { name },
    ...expires !== undefined && { expiresInMs: parseDuration(expires) }
  }),
  text: invitedText
})

/** Joins with the ticket of another node, which lets in this one, and lets in that one. */
export const join = defineOperation({
  name: 'join',
  scope: 'operator.admin',
  parameters: Type.Object({ ticket: Type.String(), name: NAME }), // without a bound: an error would show what does not keep it
  run: async ({ mesh, host }, { ticket, name }) => {
    const joined = await mesh.joinInvite({ ticket, ...name !== undefined && { name } })
    return { ...joined, ...await restrictTurns(host, joined.peerId) }
  },
  text: result => `${joinedText(result)}\n${restrictionText(result.peerId, result)}`
})

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseDuration(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text.trim()) ?? []
  const unitMs = UNITS_MS[unit]
  if (unitMs === undefined) throw new MeshError('INVALID_ARGUMENT', `"${oneLine(text, 20)}" is no duration: expected a number and s, m, h or d, as in 15m`)
  return Number(count) * unitMs
}
