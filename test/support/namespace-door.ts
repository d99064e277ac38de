/**
 * A door in the wall of a network namespace, run as a program inside it: Unix sockets cross that wall, TCP does not.
 * `in SOCKET PORT` passes connections on the Unix socket to the loopback port inside; `out SOCKET PORT` the other way round.
 * It ends when its standard input does, and so never outlives the test that opened it.
 */

import { connect, createServer, type NetConnectOpts } from 'node:net'
import { pipeline } from 'node:stream/promises'

const [direction, path = '', portText = ''] = process.argv.slice(2)
const port = { host: '127.0.0.1', port: Number(portText) }
const socket = { path }
const [entrance, exit]: [NetConnectOpts, NetConnectOpts] = direction === 'in' ? [socket, port] : [port, socket]

const server = createServer({ allowHalfOpen: true }, (outer) => {
  const inner = connect({ ...exit, allowHalfOpen: true })
  // A refused or reset connection is the caller's to see: closing his side tells him.
  const hangUp = (): void => {
    outer.destroy()
    inner.destroy()
  }
  pipeline(outer, inner).catch(hangUp)
  pipeline(inner, outer).catch(hangUp)
})

server.listen(entrance, () => { process.stdout.write('open\n') })
process.stdin.on('end', () => { process.exit(0) }).resume()
