import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SendFileRequest } from '../../../src/mesh-api.ts'
import { acceptFile, cancelFile, files, sendFile } from '../../../src/openclaw/operations/files.ts'
import { FakeHost } from '../../support/fake-host.ts'
import { FakeMesh, PEER, TRANSFER } from '../../support/fake-mesh.ts'
import { asAgent, asOwner } from './run.ts'

function listening(): { mesh: FakeMesh, asked: SendFileRequest[] } {
  const asked: SendFileRequest[] = []
  const mesh = new FakeMesh({
    sendFile: async (request) => {
      asked.push(request)
      return { ...TRANSFER, direction: 'out', state: 'moving', moved: 500_000, bytesPerSecond: 500_000 }
    }
  })
  return { mesh, asked }
}

describe('sending a file', () => {
  it('of an agent stays within its workspace, from which relative paths start', async () => {
    const { mesh, asked } = listening()
    const context = { mesh, host: new FakeHost(), audience: 'agent', hops: 1, fileRoots: ['/workspace'] } as const
    const { details, text } = await sendFile.run(context, { to: 'bob', path: 'out/plan.pdf', message: 'here' })
    assert.deepEqual(asked, [{ to: 'bob', path: '/workspace/out/plan.pdf', roots: ['/workspace'], author: 'agent', hops: 1, waitMs: 15_000, text: 'here' }])
    assert.deepEqual([details.ok, details.ok && details['state'], details.ok && details['sha256']], [true, 'moving', TRANSFER.sha256])
    assert.match(text, /to 12D3.*: plan\.pdf, 2\.0 MB\n {2}moving, 500\.0 kB of 2\.0 MB {2}500\.0 kB\/s {2}3 s left/)
  })

  it('of an agent without a workspace may take the files folder only', async () => {
    const { mesh, asked } = listening()
    assert.equal((await asAgent(sendFile, { to: 'bob', path: 'x' }, { mesh })).details.ok, false)
    await asAgent(sendFile, { to: 'bob', path: '/etc/passwd' }, { mesh })
    assert.deepEqual(asked.map(({ roots }) => roots), [[]])
  })

  it('of the owner may take any file, also into the call that is on', async () => {
    const { mesh, asked } = listening()
    await asOwner(sendFile, { path: '/any/file', waitMs: 0 }, { mesh })
    assert.deepEqual(asked, [{ path: '/any/file', author: 'owner', hops: 0, waitMs: 0 }])
    assert.equal((await asOwner(sendFile, { path: 'relative', to: 'bob' }, { mesh })).details.ok, false)
  })
})

describe('files', () => {
  it('are listed with where they are, and marked as untrusted', async () => {
    const { text, details } = await asAgent(files)
    assert.deepEqual(details, { ok: true, files: [TRANSFER] })
    assert.ok(text.includes(`from ${PEER}: plan.pdf, 2.0 MB`))
    assert.match(text, /\/state\/files\/received\/1\/plan\.pdf \(from a peer, untrusted\)/)
  })

  it('are accepted and given up by the owner alone', async () => {
    const { transferId } = TRANSFER
    assert.match((await asOwner(acceptFile, { transferId })).text, /queued/)
    assert.match((await asOwner(cancelFile, { transferId })).text, /rejected/)
    for (const operation of [acceptFile, cancelFile]) assert.equal(operation.tool, undefined)
    assert.equal(acceptFile.scope, 'operator.admin')
  })
})
