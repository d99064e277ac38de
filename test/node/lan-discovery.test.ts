import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { LAN_SIGHTING_MS } from '../../src/config/limits.ts'
import { lanDiscovery } from '../../src/node/lan-discovery.ts'
import type { NodeComponents } from '../../src/node/options.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { alice, bob, carol } from '../support/peers.ts'
import { settled } from '../support/turns.ts'

const ADDRESS = multiaddr('/ip4/10.77.0.2/tcp/4001')

/** Alice's ears on the LAN, and what she does about what she hears. */
function createEars({ merge = async (): Promise<void> => undefined } = {}) {
  const clock = new FakeClock()
  const told: string[] = []
  const complaints: string[] = []
  const addresses = new Map<string, string>()
  const log = Object.assign(() => undefined, { error: (text: string) => { complaints.push(text) }, trace: () => undefined })
  const components = {
    peerId: alice,
    logger: { forComponent: () => log },
    peerStore: {
      merge: async (peerId: PeerId, { multiaddrs }: { multiaddrs: Array<typeof ADDRESS> }) => {
        await merge()
        addresses.set(peerId.toString(), multiaddrs.join())
      }
    },
    events: {
      safeDispatchEvent: (type: string, { detail }: { detail: PeerInfo }) => {
        told.push(`${type} ${detail.id.toString()} at ${addresses.get(detail.id.toString())}`)
      }
    }
  } as unknown as NodeComponents
  let selves = 0
  const discovery = lanDiscovery({ now: clock.now, onSelfDiscovered: () => { selves += 1 } })(components)
  const hear = async (peerId: PeerId): Promise<void> => {
    discovery.dispatchEvent(new CustomEvent('peer', { detail: { id: peerId, multiaddrs: [ADDRESS] } }))
    await settled()
  }
  return { clock, told, complaints, hear, selves: () => selves }
}

const sighting = (peerId: PeerId): string => `peer:discovery ${peerId.toString()} at ${ADDRESS.toString()}`

describe('discovery on the LAN', () => {
  it('tells of a peer with its addresses of now, and again while it announces itself, but not each time', async () => {
    const { clock, told, hear } = createEars()
    for (const peerId of [bob, bob, carol]) await hear(peerId)
    assert.deepEqual(told, [sighting(bob), sighting(carol)])
    clock.advance(LAN_SIGHTING_MS)
    await hear(bob)
    assert.deepEqual(told.slice(2), [sighting(bob)])
  })

  it('tells a node of others that use its key, and of no such peer', async () => {
    const { told, hear, selves } = createEars()
    await hear(alice)
    assert.deepEqual([selves(), told], [1, []])
  })

  it('goes on when the addresses of a peer could not be stored', async () => {
    const { told, complaints, hear } = createEars({ merge: async () => { throw new Error('disk full') } })
    await hear(bob)
    assert.deepEqual([told, complaints.length], [[], 1])
  })
})
