import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { encodeStunRequest, decodeStun } from '../../src/nat/stun.ts'
import { StunResponder } from '../../src/nat/stun-responder.ts'
import { StunServer, stunPorts } from '../../src/nat/stun-server.ts'
import { TcpOpener } from '../../src/nat/tcp-opener.ts'
import { systemClock } from '../../src/lib/clock.ts'

const question = encodeStunRequest({ transactionId: new Uint8Array(12).fill(5), wantsAttestation: false })
const HOST = '127.0.0.1'

async function serve(ports: { udp: number[], tcp: number[] } = { udp: [0, 0], tcp: [0, 0] }): Promise<StunServer> {
  const server = new StunServer({
    responder: new StunResponder({ clock: systemClock }), hosts: [HOST], udpPorts: ports.udp, tcpPorts: ports.tcp, onError: (error) => { throw error }
  })
  await server.start()
  return server
}

const opener = new TcpOpener({ clock: systemClock, random: Math.random, randomBytes: length => crypto.getRandomValues(new Uint8Array(length)) })

describe('StunServer', () => {
  it('answers on all its UDP ports', async () => {
    const server = await serve()
    const client = createSocket('udp4').bind(0, HOST)
    await once(client, 'listening')
    for (const port of server.ports.udp) {
      client.send(question, port, HOST)
      const [answer] = await once(client, 'message') as [Buffer]
      const decoded = decodeStun(answer)
      assert.equal(decoded?.kind === 'response' && decoded.mapped.port, client.address().port)
    }
    client.close()
    await server.stop()
  })

  it('cuts a TCP client that speaks something else', async () => {
    const server = await serve()
    const socket = connect(server.ports.tcp[0] ?? 0, HOST)
    socket.write('GET / HTTP/1.1\r\nHost: relay\r\n\r\n')
    await once(socket, 'close')
    await server.stop()
  })

  it('starts again after a stop, and ends its connections with it', async () => {
    const server = await serve()
    const socket = connect(server.ports.tcp[0] ?? 0, HOST)
    await once(socket, 'connect')
    const ended = once(socket, 'close')
    await server.stop()
    await ended
    await server.stop()
    await server.start()
    assert.equal(server.ports.udp.length, 2)
    await server.stop()
  })

  it('leaves nothing open when a port is taken', async () => {
    const first = await serve()
    const taken = first.ports.tcp[0] ?? 0
    await assert.rejects(serve({ udp: [0], tcp: [taken] }), { code: 'EADDRINUSE' })
    await first.stop()
  })

  it('lives on the node\'s port and the next ones', () => {
    assert.deepEqual(stunPorts(4001), { udp: [4001, 4002], tcp: [4002, 4003] })
  })
})

describe('TcpOpener', () => {
  it('learns how two servers see the one port it keeps', async () => {
    const server = await serve()
    const servers = server.ports.tcp.map(port => ({ host: HOST, port, family: 4 as const }))
    const kept = await opener.prepare(servers, AbortSignal.timeout(20_000))
    assert.deepEqual(kept.mappings.map(({ mapped }) => mapped.port), [kept.port, kept.port])
    kept.release()
    await server.stop()
  })

  it('goes on without a server that does not answer', async () => {
    const server = await serve()
    const port = server.ports.tcp[0] ?? 0
    await server.stop()
    const kept = await opener.prepare([{ host: HOST, port, family: 4 }], AbortSignal.timeout(20_000))
    assert.deepEqual(kept.mappings, [])
    kept.release()
  })

  it('tries until it is called off, and leaves no socket', async () => {
    const server = await serve()
    const port = server.ports.tcp[0] ?? 0
    await server.stop()
    const controller = new AbortController()
    const opened = opener.open({ localPort: 0, targets: [{ host: HOST, port, family: 4 }], signal: controller.signal })
    controller.abort()
    assert.equal(await opened, undefined)
    assert.equal(await opener.open({ localPort: 0, targets: [], signal: new AbortController().signal }), undefined)
  })

  it('opens one socket where several targets answer', async () => {
    const server = await serve()
    const targets = server.ports.tcp.map(port => ({ host: HOST, port, family: 4 as const }))
    const socket = await opener.open({ localPort: 0, targets, signal: AbortSignal.timeout(20_000) })
    assert.ok(targets.some(({ port }) => port === socket?.remotePort))
    socket?.destroy()
    await server.stop()
  })
})
