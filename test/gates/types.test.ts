/** Each file of fixtures/types breaks one compiler flag, named with its error in the first line, and tsc reports that. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { expectedOf, fixtures, runTool } from './tool.ts'

describe('tsc', () => {
  const cwd = join(fixtures, 'types')
  const { output } = runTool('tsc', ['--pretty', 'false'], cwd)
  const found = Map.groupBy(output.matchAll(/^(\S+\.ts)\(.*?error (TS\d+)/gm), ([, file]) => file)

  for (const file of globSync('*.ts', { cwd })) {
    it(`refuses ${file}`, () => {
      assert.deepEqual(found.get(file)?.map(([, , code]) => code), expectedOf(join(cwd, file)))
    })
  }
})
