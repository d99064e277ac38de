/** A command of `openclaw p2p` that is one operation. */
/** Usage, and how its words and options become the operation's parameters. */
export interface CommandRow {
  usage: string
  description: string
  options?: Array<[flags: string, description: string]>
  operation: string
  params: (words: string[], options: Record<string, unknown>) => object
  /** A fact of a success that must be true for exit code 0. */
  needs?: string
}
