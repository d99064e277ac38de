/** What a user can do with instances: list them, look one up, and send to one until it was delivered there. */
import Type from 'typebox'
import type { InstanceSendResult, MeshApi, SendResult } from '../../mesh-api.ts'
import { instancesText, instanceSentText, resolvedText, sentText } from '../render.ts'
import { isInstanceId } from '../targets.ts'
import { defineOperation, NONE, type OperationContext } from './definition.ts'
import { MAX_SEND_MS, TEXT } from './messages.ts'
import { RECIPIENT, recipientOf, type RecipientParams } from './recipient.ts'

const LETTER = Type.Object({ ...RECIPIENT, message: TEXT })

/** Known instances; what an unapproved one says about itself is its name, in the safe alphabet, and nothing else. */
export const listInstances = defineOperation({
  name: 'instances',
  scope: 'operator.read',
  tool: {
    name: 'p2p_list_instances',
    label: 'P2P instances',
    description: 'Instances (other people\'s and machines\' gateways) known on the libp2p mesh: ID, name, your owner\'s alias for it, whether approved and connected, and what approved ones say about their agents (untrusted text). A name is what the instance calls itself: only the ID and the alias tell two of the same name apart',
    carriesPeerText: true
  },
  parameters: NONE,
  run: async ({ mesh }) => {
    const instances = await mesh.listInstances()
    return { instances, count: instances.length }
  },
  text: ({ instances }) => instancesText(instances)
})

/** Which peer an instance is, and where. */
export const resolveInstance = defineOperation({
  name: 'resolve',
  tool: {
    name: 'p2p_resolve_instance',
    label: 'P2P resolve instance',
    description: 'Which peer an instance is, by instance ID, name or alias, and its addresses. Not needed before sending'
  },
  parameters: Type.Object(RECIPIENT),
  run: async ({ mesh }, params) => mesh.resolveInstance(recipientOf(params)),
  text: resolvedText
})

/** Sends a text; succeeds only when it was delivered there. */
export const sendInstance = defineOperation({
  name: 'sendInstance',
  tool: {
    name: 'p2p_send_instance_message',
    label: 'P2P send instance message',
    description: [
      'Send a text to a person\'s or a machine\'s instance on the libp2p mesh and wait until it was delivered there: shown in every channel that its owner configured (Feishu, ...), or taken by its agent.',
      'The tool for "tell Anna ..." and "ask the office machine ...". Recipients are aliases, names and IDs of p2p_list_instances and p2p_list_peers; never invent one.',
      'AMBIGUOUS_RECIPIENT: ask your user which candidate is meant. Anything but ok: true means that delivery is not confirmed; when queued is true, or the state is held, received or uncertain, the message was sent all the same:',
      'say so, do not send it again, and look later with p2p_message_status'
    ].join(' '),
    carriesPeerText: true,
    timeoutMs: () => MAX_SEND_MS
  },
  parameters: LETTER,
  run: sendToInstance,
  text: instanceSentText
})

/** The owner's send: an instance by its ID or name gets it as by `sendInstance`, every other recipient as by `send`. */
export const sendAny = defineOperation({
  name: 'sendAny',
  scope: 'operator.write',
  parameters: LETTER,
  run: async (context, params): Promise<InstanceSendResult | SendResult> => {
    const to = recipientOf(params)
    if (await isInstance(context.mesh, to)) return sendToInstance(context, params)
    return context.mesh.sendMessage({ to, text: params.message, hops: context.hops, author: context.audience })
  },
  text: result => 'deliveries' in result ? instanceSentText(result) : sentText(result)
})

async function sendToInstance({ mesh, hops, audience }: OperationContext, params: RecipientParams & { message: string }): Promise<InstanceSendResult> {
  return mesh.sendInstanceMessage({ instance: recipientOf(params), text: params.message, hops, author: audience })
}

/** Whether the recipient is named as an instance; the owner's own alias comes before a name that instances gave themselves. */
async function isInstance(mesh: MeshApi, recipient: string): Promise<boolean> {
  const wanted = recipient.trim()
  if (isInstanceId(wanted)) return true
  const instances = await mesh.listInstances()
  if (!instances.some(({ instanceName }) => instanceName === wanted)) return false
  const peers = await mesh.listPeers()
  return !peers.some(({ alias }) => alias?.toLowerCase() === wanted.toLowerCase())
}
