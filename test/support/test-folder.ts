/** A folder for one test. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** An empty folder, removed with all that is in it after the test. */
export function testFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mesh-test-'))
  t.after(() => { rmSync(path, { recursive: true, force: true }) })
  return path
}
