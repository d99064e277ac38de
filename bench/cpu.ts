/** Processor time of this process, all its threads and the kernel's work for it included. */

export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
