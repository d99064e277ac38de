/** The `libp2p-mesh` command out of the package that npm would publish, with nothing beside it but the dependencies that npm would install. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Child } from '../support/child.ts'
import { installPackedCommand } from '../support/packed-command.ts'
import { ownLoopback } from '../support/relay-command.ts'
import { testFolder } from '../support/test-folder.ts'

describe('the packed command', () => {
  it('runs a relay, prints its address, and ends with 0 on SIGTERM', async (t) => {
    const command = await installPackedCommand(testFolder(t))
    const address = `/ip4/${ownLoopback()}/tcp/4001`
    await using relay = new Child({ command, args: ['relay', '--listen', address, '--data-dir', join(testFolder(t), 'data')] })
    const [, printed = ''] = await relay.log.waitFor(/^Relay address: (\S+)$/m, { timeoutMs: 120_000 })
    assert.match(printed.replace(address, ''), /^\/p2p\/12D3KooW\w+$/)
    assert.deepEqual(await relay.stop(60_000), { code: 0, signal: null })
  })
})
