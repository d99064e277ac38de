/** A cable between two namespaces of the laboratory. */

export interface Cable {
  inner: string
  innerDevice: string
  outer: string
  subnet: string
  /** Last number of the inner address. */
  host: number
}
