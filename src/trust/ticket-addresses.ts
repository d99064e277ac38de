/** Which of a node's addresses go into a ticket: few, so that the ticket stays short, and of every kind that could lead there. */
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_TICKET_ADDRESSES, MAX_TICKET_ADDRESS_BYTES } from '../config/invite-limits.ts'
import { isRelayed } from '../lib/connection-path.ts'
import { scopeOf } from '../lib/reachable-address.ts'

/** The best of each kind first, as many as fit; addresses of this machine only where there are no others. */
export function ticketAddresses(addresses: readonly Multiaddr[]): Multiaddr[] {
  const kinds = Map.groupBy(addresses, kindOf)
  const telling = [kinds.get('lan'), kinds.get('public'), kinds.get('relay')]
  const inTurn = alternate(telling.map(kind => kind ?? []))
  return fitting(inTurn.length > 0 ? inTurn : kinds.get('machine') ?? [])
}

type Kind = 'lan' | 'public' | 'relay' | 'machine' | 'useless'

function kindOf(address: Multiaddr): Kind {
  const scope = scopeOf(address)
  if (scope === 'unusable') return 'useless'
  if (scope === 'loopback') return 'machine'
  if (isRelayed({ remoteAddr: address })) return 'relay'
  return scope === 'private' ? 'lan' : 'public'
}

/** The first of each, then the second of each, and so on. */
function alternate<T>(lists: readonly T[][]): T[] {
  const longest = Math.max(...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap(list => list.slice(index, index + 1))).flat()
}

function fitting(addresses: readonly Multiaddr[]): Multiaddr[] {
  let left = MAX_TICKET_ADDRESS_BYTES
  const taken: Multiaddr[] = []
  for (const address of addresses) {
    const size = 1 + address.bytes.byteLength
    if (size > left || taken.length === MAX_TICKET_ADDRESSES) continue
    left -= size
    taken.push(address)
  }
  return taken
}
