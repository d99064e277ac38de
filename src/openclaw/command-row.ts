/** A command of `openclaw p2p` that is one operation. */
/** Usage, and how its words and options become the operation's parameters. */
export interface CommandRow {
  usage: string
  description: string
  options?: Array<[flags: string, description: string]>
  /** Its name, or how the words lead to it. */
  operation: string | ((words: string[]) => string)
  params: (words: string[], options: Record<string, unknown>) => object
  /** A fact of a success that must be true for exit code 0. */
  needs?: string
}

/** The operation that the words mean. */
export function operationOf({ operation }: CommandRow, words: string[]): string {
  return typeof operation === 'string' ? operation : operation(words)
}
