/** What the swarm asks of each process that holds a part of its nodes. */

/** A part of the swarm: so many nodes, told of one other. */
export interface SwarmPart {
  /** Holds the state of each node in a folder of its own. */
  folder: string
  first: number
  count: number
  /** Undefined for the part that begins with the first node of all. */
  bootstrap: string | undefined
  /** How many times faster than the machine's the clock of the mesh runs. */
  speed: number
}

/** Of all nodes of a process, since it began. */
export interface Traffic {
  /** Written to sockets; each byte that one node writes another one reads. */
  bytes: number
  /** Writes: a message, or several that went out together. */
  writes: number
}

/** One look-up of an instance that its seeker had not heard of. */
export interface LookUp {
  found: boolean
  ms: number
}

export interface SwarmCalls {
  /** Starts the nodes, each once the record of the one before is put, and tells the address of the first. */
  open: { argument: SwarmPart, answer: string }
  /** How long each node took from its start until its record was put, in ms; not that of the first of all, which waits for the second. */
  joined: { argument: null, answer: number[] }
  /** Bytes of memory that the nodes take together. */
  memory: { argument: null, answer: number }
  instances: { argument: null, answer: string[] }
  /** Connections of each node. */
  connections: { argument: null, answer: number[] }
  traffic: { argument: null, answer: Traffic }
  /** Has nodes in turn look the instances up, each one that it has not heard of. */
  find: { argument: string[], answer: LookUp[] }
  close: { argument: null, answer: null }
}
