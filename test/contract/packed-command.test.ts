/** The `libp2p-mesh` command out of the package that npm would publish, with nothing beside it but the dependencies that npm would install. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Child } from '../support/child.ts'
import { ownLoopback } from '../support/relay-command.ts'
import { testFolder } from '../support/test-folder.ts'

interface Manifest {
  dependencies: Record<string, string>
  bin: Record<string, string>
}

const root = join(import.meta.dirname, '../..')

/** Unpacks the package as npm does, and returns the path of its command. */
function installPacked(t: TestContext): string {
  const folder = testFolder(t)
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
  const [archive = ''] = globSync('*.tgz', { cwd: folder })
  execFileSync('tar', ['-xzf', archive], { cwd: folder })
  const installed = join(folder, 'package')
  const { dependencies, bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
  for (const name of Object.keys(dependencies)) {
    const place = join(installed, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), place)
  }
  const command = join(installed, bin['libp2p-mesh'] ?? '')
  chmodSync(command, 0o755) // as npm does with what `bin` names
  return command
}

describe('the packed command', () => {
  it('runs a relay, prints its address, and ends with 0 on SIGTERM', async (t) => {
    const command = installPacked(t)
    const address = `/ip4/${ownLoopback()}/tcp/4001`
    await using relay = new Child({ command, args: ['relay', '--listen', address, '--data-dir', join(testFolder(t), 'data')] })
    const [, printed = ''] = await relay.log.waitFor(/^Relay address: (\S+)$/m, { timeoutMs: 120_000 })
    assert.match(printed.replace(address, ''), /^\/p2p\/12D3KooW\w+$/)
    assert.deepEqual(await relay.stop(60_000), { code: 0, signal: null })
  })
})
