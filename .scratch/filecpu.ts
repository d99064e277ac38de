import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { randomFillSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pair } from '../bench/pair.ts'
const folder = await mkdtemp('/work/main/.cache/fc-').catch(async () => await mkdtemp('/tmp/fc-'))
const BYTES = Number(process.env.MIB ?? 512) * 1048576
await using pair = await Pair.open(folder)
const child = readdirSync('/proc').filter(p => /^\d+$/.test(p)).find(p => { try { return readFileSync(`/proc/${p}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(process.pid) } catch { return false } })!
const threads = (pid: string) => Object.fromEntries(readdirSync(`/proc/${pid}/task`).map(t => { const s = readFileSync(`/proc/${pid}/task/${t}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' '); return [`${t}:${s.slice(s.indexOf('(') + 1, s.lastIndexOf(')'))}`, (Number(f[11]) + Number(f[12])) / 100] }))
const diff = (a: any, b: any) => Object.entries(b).map(([k, v]) => [k, (v as number) - (a[k] ?? 0)] as const).filter(([, v]) => v > 0.04).map(([k, v]) => `${k.replace(/^\d+:/, '')} ${v.toFixed(2)}`).join(', ')
const path = join(folder, 'large')
{ const c = randomFillSync(Buffer.alloc(1048576)); await using f = await open(path, 'w'); for (let i = 0; i < BYTES; i += c.length) await f.write(c) }
await pair.stream(1048576)
for (let r = 0; r < 3; r++) {
  for (const kind of ['stream', 'file'] as const) {
    const a = threads(String(process.pid)), b = threads(child), t = performance.now()
    if (kind === 'stream') await pair.stream(BYTES); else await pair.sendFile(path)
    const ms = performance.now() - t
    console.log(kind, ms.toFixed(0), 'ms', (BYTES / ms / 1e3).toFixed(0), 'MB/s | here:', diff(a, threads(String(process.pid))), '| peer:', diff(b, threads(child)))
  }
}
await rm(folder, { recursive: true })
