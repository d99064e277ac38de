/** The TypeScript beside each .proto is what `npm run generate` makes of it. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fixtures, root, run } from './tool.ts'

/** The generated files of a folder that differ from its .proto files, or are missing. */
function staleFiles(source: string): string[] {
  const fresh = mkdtempSync(join(tmpdir(), 'generated-'))
  try {
    assert.equal(run(process.execPath, ['.dev/generate.mjs', source, fresh], root).code, 0)
    return globSync('*.ts', { cwd: fresh }).filter((file) => {
      const kept = join(source, file)
      return !existsSync(kept) || readFileSync(kept, 'utf8') !== readFileSync(join(fresh, file), 'utf8')
    })
  } finally {
    rmSync(fresh, { recursive: true })
  }
}

describe('generated code', () => {
  it('is up to date', () => {
    assert.deepEqual(staleFiles(join(root, 'src/protocols/pb')), [])
  })

  it('is reported when it is stale', () => {
    assert.deepEqual(staleFiles(join(fixtures, 'generated')), ['stale.ts'])
  })
})
