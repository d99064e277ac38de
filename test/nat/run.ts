/** Runs the NAT laboratory, the test files that match the pattern after `--test`: each cell once, with `--full` five times. */

import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

const { test: pattern, full: isFull } = parseArgs({ options: { test: { type: 'string', default: '' }, full: { type: 'boolean', default: false } } }).values

run({ files: globSync(pattern), concurrency: 1, argv: isFull ? ['--full'] : [] })
  .on('test:fail', () => { process.exitCode = 1 })
  .compose(spec)
  .pipe(process.stdout)
