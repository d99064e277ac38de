/** Runs one operation against a fake mesh, as an agent or as the owner. */

import type { Operation, Outcome } from '../../../src/openclaw/operations/definition.ts'
import { FakeHost } from '../../support/fake-host.ts'
import { FakeMesh } from '../../support/fake-mesh.ts'

export interface RunParts {
  mesh?: FakeMesh
  host?: FakeHost
  hops?: number
}

export async function asAgent(operation: Operation, params: unknown = {}, parts: RunParts = {}): Promise<Outcome> {
  return operation.run({ mesh: parts.mesh ?? new FakeMesh(), host: parts.host ?? new FakeHost(), audience: 'agent', hops: parts.hops ?? 0 }, params)
}

export async function asOwner(operation: Operation, params: unknown = {}, parts: RunParts = {}): Promise<Outcome> {
  return operation.run({ mesh: parts.mesh ?? new FakeMesh(), host: parts.host ?? new FakeHost(), audience: 'owner', hops: parts.hops ?? 0 }, params)
}
