/** Runs the NAT laboratory, the files that match the pattern after `--test`: each cell once, with `--full` five times. Only CI may not skip it. */

import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { NatLab } from '../support/nat/nat-lab.ts'

const { test: pattern, full: isFull } = parseArgs({ options: { test: { type: 'string', default: '' }, full: { type: 'boolean', default: false } } }).values

const whyNot = NatLab.whyNot()
const isCi = (process.env['CI'] ?? '') !== ''
if (whyNot === undefined) {
  run({ files: globSync(pattern), concurrency: 1, argv: isFull ? ['--full'] : [] })
    .on('test:fail', () => { process.exitCode = 1 })
    .compose(spec)
    .pipe(process.stdout)
} else {
  console.log(`NAT laboratory ${isCi ? 'cannot run, and CI may not skip it' : 'skipped'}: ${whyNot}`)
  if (isCi) process.exitCode = 1
}
