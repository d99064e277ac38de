/** The kinds of NAT in the laboratory, as nftables rules of a gateway with the interfaces `wan` and `lan`. */

/**
 * `a` port-restricted (masquerade), `b` full cone, `c` symmetric (fully random ports), `d` as c but it maps ports by NAT-PMP, `e` as a with
 * UDP blocked, `f` stateful firewall without NAT, `h` as a with a gateway that accepts unsolicited packets itself, `u` as c but it maps
 * ports by UPnP, `x` as c with IPv6 behind a stateful firewall. `n` is a behind a carrier's a, `m` is a behind a carrier's c.
 */
export type NatKind = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'h' | 'u' | 'x' | 'n' | 'm'

/** One gateway of a chain. */
export type GatewayKind = Exclude<NatKind, 'n' | 'm'>

/** The gateways between a host and the public side, the host's own first. */
export function gatewaysOf(kind: NatKind): GatewayKind[] {
  if (kind === 'n') return ['a', 'a']
  return kind === 'm' ? ['a', 'c'] : [kind]
}

export interface GatewayRules {
  kind: GatewayKind
  /** The gateway's own public address. */
  wanAddress: string
  /** The host behind it. */
  lanHost: string
}

/** The rules for `nft -f -`. */
export function gatewayRules({ kind, wanAddress, lanHost }: GatewayRules): string {
  const masquerade = kind === 'f' ? '' : `oifname "wan" masquerade${'cdux'.includes(kind) ? ' fully-random' : ''}`
  const refuseInput = kind === 'h' ? '' : 'iifname "wan" drop'
  const refuseForward = kind === 'b' ? '' : `iifname "wan" ${'du'.includes(kind) ? 'ct status & dnat == 0 ' : ''}ct state new drop`
  const blockUdp = kind === 'e' ? 'meta l4proto udp drop' : ''
  const fullCone = kind === 'b' ? `iifname "wan" ip daddr ${wanAddress} dnat to ${lanHost}` : ''
  return `table ip gateway {
    chain input { type filter hook input priority 0; policy accept; iifname "wan" ct state established,related accept; ${refuseInput}; }
    chain forward { type filter hook forward priority 0; policy accept; ${blockUdp}; ${refuseForward}; }
    chain prerouting { type nat hook prerouting priority -100; ${fullCone}; }
    chain postrouting { type nat hook postrouting priority 100; ${masquerade}; }
  }`
}
