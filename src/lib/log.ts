/** What the mesh tells its operator; the host adds prefix, time and level. */
export interface Logger {
  debug: (message: string) => void
  info: (message: string) => void
  /** Something needs the operator's action. */
  warn: (message: string) => void
  error: (message: string) => void
}
