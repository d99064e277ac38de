// Turns each .proto of a folder into TypeScript: `node .dev/generate.mjs [source folder] [output folder]`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'protons'

const [source = 'src/protocols/pb', output = source] = process.argv.slice(2)

for (const name of readdirSync(source).filter(file => file.endsWith('.proto'))) {
  await generate(join(source, name), { output })
  const target = join(output, name.replace(/\.proto$/, '.ts'))
  // protons writes enums and namespaces, which erasableSyntaxOnly refuses.
  writeFileSync(target, `// @ts-nocheck\n${readFileSync(target, 'utf8')}`)
}
