/** Asks the routers on the LAN for their outside addresses (UPnP): one that is not public means a further NAT. */
import { isIP } from 'node:net'
import { isPrivateIp } from '@libp2p/utils'
import { MAX_ROUTERS } from '../config/nat-limits.ts'

interface Router {
  externalIp: (options: { signal: AbortSignal }) => Promise<string>
}

/** As much of a UPnP client as is asked. */
export interface RouterFinder {
  findGateways: (options: { signal: AbortSignal }) => AsyncIterable<Router>
}

export interface RouterQuery {
  /** Ends the search. */
  signal: AbortSignal
  /** Told of a router that did not say its address. */
  onFailure: (error: unknown) => void
}

export interface RouterAnswer {
  outsideHost: string
  isPublic: boolean
}

/** Each outside address once; empty when no router answers before the search ends. */
export async function askRouters(finder: RouterFinder, options: RouterQuery): Promise<RouterAnswer[]> {
  const { signal, onFailure } = options
  const hosts = new Set<string>()
  try {
    for await (const router of finder.findGateways({ signal })) {
      const host = await outsideHostOf(router, options)
      if (host !== undefined) hosts.add(host)
      if (hosts.size >= MAX_ROUTERS) break
    }
  } catch (error) {
    if (!signal.aborted) onFailure(error)
  }
  return [...hosts].map(outsideHost => ({ outsideHost, isPublic: isPrivateIp(outsideHost) !== true }))
}

async function outsideHostOf(router: Router, { signal, onFailure }: RouterQuery): Promise<string | undefined> {
  try {
    const host = await router.externalIp({ signal })
    return isIP(host) === 0 ? undefined : host
  } catch (error) {
    onFailure(error)
    return undefined
  }
}
