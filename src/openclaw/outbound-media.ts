/** `openclaw message send --media` and media of the agent's `message` tool: the file goes out as a file, whatever its size. */
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChannelOutboundAdapter } from 'openclaw/plugin-sdk/channel-send-result'
import { MeshError } from '../lib/errors.ts'
import { oneLine } from '../lib/text.ts'
import type { Transfer } from '../mesh-api.ts'
import type { LiveMesh } from './live-mesh.ts'
import { normalizeTarget } from './targets.ts'

type MediaContext = Parameters<NonNullable<ChannelOutboundAdapter['sendMedia']>>[0]

/** Long enough for a picture; what takes longer goes on by itself. */
const WAIT_MS = 15_000
const MAX_SHOWN = 200

/**
 * Sends the file; resolves when it arrived or goes on by itself.
 *
 * @throws MeshError when it lies outside of the folders that the host allows, or was refused
 */
export async function sendMedia({ mesh, turns }: LiveMesh, { cfg, to, text, mediaUrl = '', mediaAccess, mediaLocalRoots }: MediaContext): Promise<Transfer> {
  const { getAgentScopedMediaLocalRoots } = await import('openclaw/plugin-sdk/media-local-roots')
  const roots = mediaAccess?.localRoots ?? mediaLocalRoots ?? getAgentScopedMediaLocalRoots(cfg)
  // The host does not say who sends: an agent may be meant, and while a peer's turn runs, this may be that turn's send, so it carries on its hop count.
  return mesh.sendFile({
    to: normalizeTarget(to), path: localPath(mediaUrl, mediaAccess?.workspaceDir), roots, text, author: 'agent', hops: turns.highestHops(), waitMs: WAIT_MS
  })
}

/** @throws MeshError `INVALID_ARGUMENT` for what is no file of this machine */
function localPath(mediaUrl: string, workspaceDir: string | undefined): string {
  if (mediaUrl.startsWith('file:')) return fileURLToPath(mediaUrl)
  if (isAbsolute(mediaUrl)) return mediaUrl
  if (workspaceDir !== undefined && !/^[a-z][a-z0-9+.-]*:/i.test(mediaUrl)) return resolve(workspaceDir, mediaUrl)
  throw new MeshError('INVALID_ARGUMENT', `"${oneLine(mediaUrl, MAX_SHOWN)}" is no file of this machine; download it first`)
}
