/** A gateway's miniupnpd: hosts behind it can have ports mapped to them. */

import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, type Command } from '../child.ts'
import type { GatewayRules } from './nat-kind.ts'

/** Why no gateway can map ports here, or `undefined` when they can. */
export function whyNoMapping(): string | undefined {
  return spawnSync('miniupnpd', ['--version']).error === undefined ? undefined : 'missing: miniupnpd (Debian package miniupnpd-nftables)'
}

export class MappingRouter implements AsyncDisposable {
  readonly #child: Child
  readonly #folder: string

  private constructor(child: Child, folder: string) {
    this.#child = child
    this.#folder = folder
  }

  /** @param exec puts a command into the gateway's namespace, which has `MAPPING_RULES` */
  static async start(rules: GatewayRules, exec: (command: Command) => Command): Promise<MappingRouter> {
    const folder = await mkdtemp(join(tmpdir(), 'nat-gateway-'))
    const config = join(folder, 'miniupnpd.conf')
    await writeFile(config, configOf(rules))
    return new MappingRouter(new Child(exec({ command: 'miniupnpd', args: ['-d', '-f', config, '-P', join(folder, 'pid')] })), folder)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The chains that miniupnpd works on, for `nft -f -`. */
export const MAPPING_RULES = `table inet miniupnpd {
  chain forward { type filter hook forward priority 0; policy accept; jump mapped; }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump premapped; }
  chain postrouting { type nat hook postrouting priority 100; policy accept; jump postmapped; }
  chain mapped { }
  chain premapped { }
  chain postmapped { }
}`

function configOf({ kind, lanHost }: GatewayRules): string {
  const lan = lanHost.replace(/\d+$/, '0/24')
  return `ext_ifname=wan
listening_ip=lan
enable_natpmp=${kind === 'd' ? 'yes' : 'no'}
enable_upnp=${kind === 'u' ? 'yes' : 'no'}
secure_mode=yes
uuid=00000000-0000-4000-8000-000000000001
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=mapped
upnp_nat_chain=premapped
upnp_nat_postrouting_chain=postmapped
allow 1024-65535 ${lan} 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`
}
