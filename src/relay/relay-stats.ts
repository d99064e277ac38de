/** What a relay tells of itself. */

/** How a relay is, and what it did since its start. */
export interface RelayStats {
  connections: number
  reservations: number
  circuits: number
  bytes: number
  refusedReservations: number
  refusedCircuits: number
}

/** In one line. */
export function describeRelay(stats: RelayStats): string {
  const { connections, reservations, circuits, bytes, refusedReservations, refusedCircuits } = stats
  return `${connections} connections, ${reservations} reservations, ${circuits} circuits, ${bytes} bytes relayed, ` +
    `refused ${refusedReservations} reservations and ${refusedCircuits} circuits`
}
