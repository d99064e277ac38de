import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { escapeControl, escapeTerminal, oneLine, safeName, utf8Bytes } from '../../src/lib/text.ts'

const hostile: Array<[string, string, string]> = [
  ['a line feed', 'a\nb', 'a\\nb'],
  ['a carriage return', 'a\rb', 'a\\rb'],
  ['a tab', 'a\tb', 'a\\tb'],
  ['a terminal colour', 'a\u001b[31mb', 'a\\u{1b}[31mb'],
  ['a C1 control sequence', 'a\u009b31mb', 'a\\u{9b}31mb'],
  ['a bell, a null and a delete', '\u0007\u0000\u007f', '\\u{7}\\u{0}\\u{7f}'],
  ['the line separators of Unicode', 'a\u2028b\u2029c\u0085d', 'a\\u{2028}b\\u{2029}c\\u{85}d'],
  ['text direction overrides', 'a\u202eb\u2066c\u200fd', 'a\\u{202e}b\\u{2066}c\\u{200f}d'],
  ['invisible characters', 'a\u200bb\ufeffc\u00add', 'a\\u{200b}b\\u{feff}c\\u{ad}d'],
  ['tag characters', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['a lone high surrogate', 'a\ud83db', 'a\\u{d83d}b'],
  ['a lone low surrogate', 'a\ude00b', 'a\\u{de00}b']
]

describe('escapeControl', () => {
  for (const [name, text, escaped] of hostile) {
    it(`escapes ${name}`, () => { assert.equal(escapeControl(text), escaped) })
  }

  it('leaves text alone that people write', () => {
    const text = 'Grüße, 你好, مرحبا, 😀 – "quoted" \\ / $(x) `y` <b>'
    assert.equal(escapeControl(text), text)
  })
})

describe('escapeTerminal', () => {
  it('lets line feeds stay and nothing else that moves a cursor', () => {
    assert.equal(escapeTerminal('a\nb\rc\u001b[2Jd\u202ee\u2028f'), 'a\nb\\rc\\u{1b}[2Jd\\u{202e}e\\u{2028}f')
    assert.equal(stripVTControlCharacters(escapeTerminal('\u001b]0;title\u0007x')), escapeTerminal('\u001b]0;title\u0007x'))
  })
})

describe('oneLine', () => {
  it('keeps a text that fits', () => {
    assert.equal(oneLine('exactly ten', 11), 'exactly ten')
    assert.equal(oneLine('', 10), '')
  })

  it('cuts a longer one, the ellipsis included in the length', () => {
    assert.equal(oneLine('exactly ten!', 11), 'exactly te…')
    assert.equal([...oneLine('x'.repeat(10_000_000), 200)].length, 200)
  })

  it('counts characters, and cuts none in half', () => {
    assert.equal(oneLine('😀😀😀', 3), '😀😀😀')
    assert.equal(oneLine('😀😀😀😀', 3), '😀😀…')
    assert.equal(oneLine('a😀😀😀😀', 3), 'a😀…')
    assert.ok(oneLine(`a${'😀'.repeat(100)}`, 7).isWellFormed())
  })

  it('says that something was left out, also where the rest was escaped to more', () => {
    assert.equal(oneLine('\n'.repeat(6), 5), '\\n\\n…')
    assert.match(oneLine('😀'.repeat(11), 10), /…$/)
  })

  it('forges no line of a log', () => {
    const forged = oneLine('hi\n[libp2p-mesh] Node started. Peer ID: evil', 200)
    assert.equal(forged, 'hi\\n[libp2p-mesh] Node started. Peer ID: evil')
  })
})

describe('safeName', () => {
  const names: Array<[string, string]> = [
    ['Office Mac.local', 'office-mac-local'],
    ['--a--b--', 'a-b'],
    ['Büro', 'b-ro'],
    ['../../etc/passwd', 'etc-passwd'],
    ['你好', ''],
    ['…', ''],
    ['', ''],
    ['\u001b[31mred', '31mred'],
    ['\u212a', 'k'] // the Kelvin sign, which lowercases to an ASCII letter
  ]
  for (const [text, name] of names) {
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(name)}`, () => { assert.equal(safeName(text), name) })
  }

  it('has 48 characters at most and does not end in a dash', () => {
    assert.equal(safeName('x'.repeat(1_000_000)), 'x'.repeat(48))
    assert.equal(safeName(`${'x'.repeat(47)} y`), 'x'.repeat(47))
  })
})

describe('utf8Bytes', () => {
  it('counts bytes, not characters', () => {
    assert.deepEqual(['', 'a', 'ü', '你', '😀'].map(utf8Bytes), [0, 1, 2, 3, 4])
  })
})
