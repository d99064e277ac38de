/** Starts the real node in the gateway: the one place above `mesh.ts` that loads it. */
import { Mesh } from '../mesh.ts'
import type { StartContext } from './account.ts'
import { runAccount } from './gateway.ts'
import { runtimeStore } from './runtime.ts'
import { VERSION } from './version.ts'

/** Runs the node until the host aborts. */
export async function startMesh(context: StartContext): Promise<void> {
  await runAccount(context, {
    runtime: runtimeStore.getRuntime,
    createMesh: async parts => new Mesh({ ...parts, version: VERSION })
  })
}
