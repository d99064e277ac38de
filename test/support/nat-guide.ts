/** TESTING_NAT.md in the parts that can be tried: sections, commands, configurations, log lines. */

import { readFileSync } from 'node:fs'

/** The whole text. */
export const guide = readFileSync(new URL('../../TESTING_NAT.md', import.meta.url), 'utf8')

/** The text under a heading, up to the next of its level. */
export function sectionOf(heading: string): string {
  const [, marks = '', rest] = new RegExp(`^(#+) ${heading}.*\\n([^]*)`, 'm').exec(guide) ?? []
  if (rest === undefined) throw new Error(`TESTING_NAT.md has no heading "${heading}"`)
  const end = rest.search(new RegExp(`^#{1,${marks.length}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The lines of each block of a language, e.g. `log` or `sh`. */
export function blocksOf(text: string, language: string): string[][] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, block = '']) => block.trimEnd().split('\n'))
}

/** Arguments of each `libp2p-mesh` command, the one of the systemd unit included. */
export function relayCommands(text: string): string[][] {
  const lines = [...blocksOf(text, 'sh'), ...blocksOf(text, 'ini')].flat()
  return lines.map(line => /^(?:ExecStart=\/usr\/bin\/env )?libp2p-mesh (.+)$/.exec(line)?.[1]).filter(line => line !== undefined).map(line => line.split(' '))
}

/** Configurations of the plugin, as written and as given to `openclaw config set`; `12D3KooW...` becomes `peerId`. */
export function configsIn(text: string, peerId: string): object[] {
  const given = [...text.matchAll(/--strict-json '(\{[^']*\})'/g)].map(([, json = '']) => json)
  return [...blocksOf(text, 'json').map(lines => lines.join('\n')), ...given].map(json => JSON.parse(json.replaceAll('12D3KooW...', peerId)) as object)
}

/** The text as a part of a pattern that matches nothing else. */
export function literally(text: string): string {
  return text.replace(/[^\w\s]/g, '\\$&')
}

/** Matches a quoted line as it is really written: any peer ID, and anything for a final `...`. */
export function patternOf(line: string): RegExp {
  const escaped = literally(line.replace(/ \.\.\.$/, '')).replaceAll(literally('12D3KooW...'), '12D3KooW\\w+')
  return new RegExp(`^${escaped}${line.endsWith(' ...') ? '.*' : ''}$`, 'm')
}
