import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { safetyWords } from '../../src/trust/safety-words.ts'
import { alice, bob, carol } from '../support/peers.ts'

describe('safety words', () => {
  it('are the same four words of the list on either side', async () => {
    const words = await safetyWords(alice, bob)
    assert.deepEqual(await safetyWords(bob, alice), words)
    assert.equal(words.length, 4)
    for (const word of words) assert.ok(wordlist.includes(word), word)
  })

  it('stay the same from version to version', async () => {
    assert.deepEqual(await safetyWords(alice, bob), VECTOR)
  })

  it('are others where either key is another one', async () => {
    const pairs = [[alice, bob], [alice, carol], [bob, carol], [alice, alice]] as const
    const words = await Promise.all(pairs.map(async ([one, other]) => (await safetyWords(one, other)).join(' ')))
    assert.equal(new Set(words).size, pairs.length)
  })
})

/** By Python's `hashlib.scrypt`, from the keys of `test/support/peers.ts`. */
const VECTOR = ['boring', 'scout', 'iron', 'poem']
