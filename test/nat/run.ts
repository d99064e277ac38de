/** Runs the NAT laboratory: `npm run test:nat`, each cell once; `npm run test:nat -- --full`, each five times. */

import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const files = globSync('*.test.ts', { cwd: import.meta.dirname }).map(name => `${import.meta.dirname}/${name}`)

run({ files, concurrency: 1, argv: process.argv.slice(2) })
  .on('test:fail', () => { process.exitCode = 1 })
  .compose(spec)
  .pipe(process.stdout)
