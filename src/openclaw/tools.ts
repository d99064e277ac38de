/** The agent's tools, made from the operations: a failure is a result, because a thrown error reaches the agent as "tool execution failed". */
import type { AnyAgentTool, OpenClawPluginApi, OpenClawPluginToolContext } from 'openclaw/plugin-sdk/plugin-entry'
import { OPERATIONS } from './operations/table.ts'
import type { Operation, ToolFace } from './operations/definition.ts'
import { runOperation } from './run-operation.ts'

interface ToolOperation extends Operation {
  tool: ToolFace
}

/** Names of all tools; the manifest must list the same ones. */
export const TOOL_NAMES: readonly string[] = toolOperations().map(operation => operation.tool.name)

/** Registers all tools. A tool knows the session that calls it, so that a peer's turn cannot restart a conversation's hop count. */
export function registerTools(api: Pick<OpenClawPluginApi, 'registerTool'>): void {
  for (const operation of toolOperations()) {
    api.registerTool(context => createTool(operation, context), { name: operation.tool.name })
  }
}

function toolOperations(): ToolOperation[] {
  return OPERATIONS.filter((operation): operation is ToolOperation => operation.tool !== undefined)
}

function createTool(operation: ToolOperation, { sessionKey, workspaceDir }: OpenClawPluginToolContext): AnyAgentTool {
  const { name, label, description, carriesPeerText, timeoutMs } = operation.tool
  return {
    name,
    label,
    description,
    parameters: operation.parameters,
    ...carriesPeerText === true ? { resultContentSource: 'network' as const } : {},
    ...timeoutMs === undefined ? {} : { getExecutionTimeoutMs: timeoutMs },
    execute: async (_callId, params) => {
      const { details, text } = await runOperation(operation, params, { audience: 'agent', sessionKey, fileRoots: workspaceDir === undefined ? [] : [workspaceDir] })
      return { content: [{ type: 'text', text }], details }
    }
  }
}
