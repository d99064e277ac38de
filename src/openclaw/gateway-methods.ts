/** The gateway methods that commands of other processes call; the answer holds details and text of the outcome. */
import type { OpenClawPluginApi } from 'openclaw/plugin-sdk/plugin-entry'
import { methodName } from './names.ts'
import { OPERATIONS } from './operations/table.ts'
import { runOperation } from './run-operation.ts'

/** Registers a method `libp2p-mesh.<operation>` for each operation that commands use. */
export function registerGatewayMethods(api: Pick<OpenClawPluginApi, 'registerGatewayMethod'>): void {
  for (const operation of OPERATIONS) {
    if (operation.scope === undefined) continue
    api.registerGatewayMethod(methodName(operation.name), async ({ params, respond }) => {
      respond(true, await runOperation(operation, params, { audience: 'owner' }))
    }, { scope: operation.scope })
  }
}
