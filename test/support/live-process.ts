/** Whether a process runs, and signals to one that may have ended already. */

/** Sends the signal; returns whether the process exists. Signal 0 only asks. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** Whether what is named after a process was left behind by it: group 1 of `name` finds its ID. */
export function isAbandoned(label: string, name: RegExp): boolean {
  const owner = name.exec(label)?.[1]
  return owner !== undefined && !signalProcess(Number(owner), 0)
}
