import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeliveryTarget, Transfer } from '../../src/mesh-api.ts'
import { handleEvent, type EventAudience } from '../../src/openclaw/events.ts'
import { Notices } from '../../src/openclaw/notices.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeHost } from '../support/fake-host.ts'
import { PEER, TRANSFER } from '../support/fake-mesh.ts'

const FEISHU: DeliveryTarget = { channel: 'feishu', target: 'user:ou_1' }

describe('an event of a file', () => {
  it('that waits for the owner is told in the owner\'s channel, and no other is', async () => {
    const host = new FakeHost()
    const audience = { host, notices: new Notices({ host, clock: new FakeClock(), targets: [FEISHU] }) } as unknown as EventAudience // all that files concern
    const tell = (over: Partial<Transfer>): void => { handleEvent({ seq: 1, type: 'file', peerId: PEER, transfer: { ...TRANSFER, ...over } }, audience) }
    for (const state of ['queued', 'moving', 'received', 'failed'] as const) tell({ state })
    tell({ direction: 'out', state: 'asking' })
    tell({ transferId: 'waiting', state: 'asking', moved: 0 })
    const shown = await host.shown.waitFor('the notice', all => all[0])
    assert.deepEqual(shown.target, FEISHU)
    assert.match(shown.text, new RegExp(`^🔔 libp2p mesh: Peer ${PEER} offers a file: plan\\.pdf \\(2\\.0 MB\\)\\. Take it: openclaw p2p files accept waiting - or not: openclaw p2p files cancel waiting$`))
    assert.equal(host.shown.items.length, 1)
  })
})
