import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KadDHT } from '@libp2p/kad-dht'
import { KadParts } from '../../src/node/dht-parts.ts'

describe('KadParts', () => {
  it('says at once that the library is made differently', () => {
    assert.throws(() => new KadParts({ start: () => undefined, stop: () => undefined } as unknown as KadDHT), { code: 'INTERNAL', message: /kad-dht is made differently/ })
  })
})
