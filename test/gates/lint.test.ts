/** Each file of fixtures/lint has one fault, named in its first line, and eslint reports that and nothing else. */
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { expectedOf, fixtures, root, runTool } from './tool.ts'

interface FileReport {
  filePath: string
  messages: Array<{ ruleId: string | null, message: string }>
}

describe('eslint', () => {
  const { output } = runTool('eslint', ['--config', join(root, '.eslint.config.mjs'), '--format', 'json', '.'], join(fixtures, 'lint'))
  const reports = JSON.parse(output) as FileReport[]

  it('sees the fixtures', () => {
    assert.ok(reports.length > 20, `only ${reports.length} files`)
  })

  for (const { filePath, messages } of reports) {
    const expected = expectedOf(filePath)
    it(`reports ${expected.join(', ') || 'nothing'} in ${basename(filePath)}`, () => {
      assert.deepEqual([...new Set(messages.map(({ ruleId, message }) => ruleId ?? message))].sort(), expected)
    })
  }
})
