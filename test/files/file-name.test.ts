import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { safeFileName } from '../../src/files/file-name.ts'

describe('the name of a file of a peer', () => {
  const names: Array<[string, string]> = [
    ['plan.pdf', 'plan.pdf'], ['holiday plan (2).pdf', 'holiday-plan-2-.pdf'], ['Übersicht.txt', 'Übersicht.txt'], ['計画.pdf', '計画.pdf'],
    ['../../etc/passwd', 'etc-passwd'], ['..\\..\\x', 'x'], ['.bashrc', 'bashrc'], ['..', 'file'], ['', 'file'], ['///', 'file'], ['CON', 'file-CON'],
    ['lpt1.txt', 'file-lpt1.txt'], ['a\u0000b', 'a-b'], ['\u202Egnp.exe', 'gnp.exe'], ['a..b', 'a.b'], ['end.', 'end'], ['~/x', 'x'], ['$(reboot)', 'reboot']
  ]
  for (const [given, safe] of names) it(`${JSON.stringify(given)} becomes ${safe}`, () => { assert.equal(safeFileName(given), safe) })

  it('keeps its extension when it is cut, and fits every file system', () => {
    const long = safeFileName(`${'日'.repeat(200)}.pdf`)
    assert.match(long, /^日+\.pdf$/)
    assert.ok(Buffer.byteLength(long) <= 255)
    assert.ok(Buffer.byteLength(safeFileName('😀'.repeat(200).replaceAll('😀', '𠀀'))) <= 255)
  })
})
