/**
 * `npm run demo`: two real OpenClaw gateways with the plugin find each other by mDNS, exchange a message each way with an
 * agent's reply, and an instance message with its delivery ACK, live in the terminal. Ends by itself: exit code 0 when all
 * of that happened, 1 with the reason otherwise.
 */

import { play } from './play.ts'
import { Screen } from './screen.ts'
import { Stage } from './stage.ts'

async function main(screen: Screen): Promise<void> {
  screen.title('libp2p-mesh: two OpenClaw gateways that find each other and talk')
  await using stage = await Stage.create(screen)
  try {
    await play(screen, await stage.raise())
  } catch (error) {
    process.stderr.write(`\n${stage.logTails()}\n`)
    throw error
  }
  screen.blank()
  screen.note('Stopping the gateways and removing everything …')
}

try {
  await main(new Screen())
  process.stdout.write('\nDone: found by mDNS, a message and an agent\'s reply each way, a delivery ACK.\n')
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${reasonOf(error)}\n`)
  process.exitCode = 1
}

/** What went wrong first: a failed clean-up wraps the failure that it came after. */
function reasonOf(error: unknown): string {
  if (error instanceof SuppressedError) return `${reasonOf(error.suppressed)} (then, while cleaning up: ${reasonOf(error.error)})`
  return error instanceof Error ? error.message : String(error)
}
