/** `openclaw p2p networkkey`: writes the key of a new private network to a file; no gateway is needed for it. */
import { toMeshError } from '../lib/errors.ts'
import { createSwarmKey } from '../lib/swarm-key.ts'
import { failureDetails, failureText } from './details.ts'
import type { Outcome } from './operations/definition.ts'

/** @param file absolute */
export async function writeNetworkKey(file: string): Promise<Outcome> {
  try {
    await createSwarmKey(file)
    const text = `Wrote ${file}. Copy it to each node of the network over a safe way, and set networkKeyFile there.`
    return { details: { ok: true, file }, text }
  } catch (thrown) {
    const error = toMeshError(thrown)
    return { details: failureDetails(error), text: failureText(error) }
  }
}
