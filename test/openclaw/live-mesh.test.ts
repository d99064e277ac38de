import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findMesh, noteStartFailure, requireMesh, retractMesh, waitForMesh } from '../../src/openclaw/live-mesh.ts'
import { FakeHost, goLive } from '../support/fake-host.ts'
import { FakeMesh } from '../support/fake-mesh.ts'

describe('the slot of the running mesh', () => {
  it('is empty before a start, and says what to do', () => {
    assert.equal(findMesh(), undefined)
    assert.throws(requireMesh, { code: 'NOT_RUNNING', message: /openclaw gateway run/ })
  })

  it('says why the last start failed', () => {
    noteStartFailure('listenAddrs[0] is not accepted')
    assert.throws(requireMesh, { code: 'NOT_RUNNING', message: /listenAddrs\[0\] is not accepted/ })
  })

  it('holds the mesh that was published last; an older one cannot take it out', () => {
    using older = goLive(new FakeMesh())
    using newer = goLive(new FakeMesh())
    retractMesh(older)
    assert.equal(requireMesh(), newer)
  })

  it('lets those wait who come while the channel restarts', async () => {
    const waiting = waitForMesh(10_000)
    using live = goLive(new FakeMesh(), new FakeHost())
    assert.equal(await waiting, live)
    assert.equal(await waitForMesh(10_000), live)
  })

  it('does not let them wait for ever', async () => {
    await assert.rejects(waitForMesh(1), { code: 'NOT_RUNNING' })
  })

  it('is shared by all copies of the module', async () => {
    using live = goLive(new FakeMesh())
    const copy = await import(new URL('../../src/openclaw/live-mesh.ts?copy', import.meta.url).href) as { findMesh: typeof findMesh }
    assert.equal(copy.findMesh(), live)
  })
})
