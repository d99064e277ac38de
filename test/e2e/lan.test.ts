/** The LAN is one: multicast crosses it, its hosts reach each other, and nothing gets out. */

import assert from 'node:assert/strict'
import { createServer, request, type Server } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { join } from 'node:path'
import { Child, type Command } from '../support/child.ts'
import { Lan } from '../support/lan.ts'
import { run } from '../support/run.ts'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'

const skip = Lan.whyNot() ?? false
const GROUP = '224.0.0.251'

const LISTENER = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true })
  socket.bind(5353, () => { socket.addMembership('${GROUP}'); console.log('listening') })
  socket.on('message', (bytes, from) => { console.log('heard ' + bytes + ' from ' + from.address) })`
const SPEAKER = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true })
  socket.bind(5353, () => { socket.send('hello', 5353, '${GROUP}', () => socket.close()) })`

test('multicast crosses the LAN, without any configuration of the programs', { skip }, async () => {
  await using lan = await Lan.create(['alice', 'bob'])
  await using listener = new Child(lan.host('bob').exec(node(LISTENER)))
  await listener.log.waitFor(/listening/, { timeoutMs: 20_000 })
  await run(lan.host('alice').exec(node(SPEAKER)), { timeoutMs: 20_000 })
  await listener.log.waitFor(/heard hello from 10\.77\.0\.1/, { timeoutMs: 20_000 })
})

test('nothing leaves the LAN: no route, no interface of the machine, no LAN beside it', { skip }, async () => {
  await using lan = await Lan.create(['alice'])
  await using other = await Lan.create(['bob'])
  const inside = lan.host('alice')
  const routes = await run(inside.exec({ command: 'ip', args: ['route', 'get', '192.0.2.1'] }), { timeoutMs: 5000 })
  assert.notEqual(routes.code, 0, routes.output)
  const links = await run(inside.exec({ command: 'ip', args: ['-o', 'link'] }), { timeoutMs: 5000 })
  assert.deepEqual([...links.output.matchAll(/^\d+: (\w+)/gm)].map(match => match[1]), ['lo', 'eth0'])

  await using listener = new Child(other.host('bob').exec(node(LISTENER)))
  await listener.log.waitFor(/listening/, { timeoutMs: 20_000 })
  await run(inside.exec(node(SPEAKER)), { timeoutMs: 20_000 })
  await run(other.host('bob').exec(node(SPEAKER.replace('hello', 'marker'))), { timeoutMs: 20_000 })
  await listener.log.waitFor(/heard marker/, { timeoutMs: 20_000 })
  assert.doesNotMatch(listener.log.text, /heard hello/)
})

test('the test process reaches a loopback port of a host, and a host a socket of the test process', { skip }, async () => {
  await using lan = await Lan.create(['alice'])
  await using folder = await mkdtempDisposable(join(tmpdir(), 'mesh-lan-'))
  const socket = join(folder.path, 'outside')
  const outside = await serve('from outside', socket)
  try {
    await lan.host('alice').offer(socket, 8080)
    const door = await lan.host('alice').reach(8080)
    assert.equal(await get(door), 'from outside')
  } finally {
    outside.close()
  }
})

test('a pulled cable stops the traffic until it is put back', { skip }, async () => {
  await using lan = await Lan.create(['alice', 'bob'])
  const ping = lan.host('alice').exec(node(`
    const socket = require('node:net').connect(9, '10.77.0.2')
    socket.on('error', (error) => { console.log(error.code); process.exit() }).setTimeout(1500, () => { console.log('silence'); process.exit() })`))
  const answer = async (): Promise<string> => (await run(ping, { timeoutMs: 20_000 })).stdout.trim()
  assert.equal(await answer(), 'ECONNREFUSED')
  await lan.host('bob').unplug()
  assert.notEqual(await answer(), 'ECONNREFUSED')
  await lan.host('bob').replug()
  assert.equal(await answer(), 'ECONNREFUSED')
})

test('a stopped LAN leaves no namespace and no process behind', { skip }, async () => {
  const lan = await Lan.create(['alice'])
  const { namespace } = lan.host('alice')
  const child = new Child(lan.host('alice').exec({ command: 'sleep', args: ['1000'] }))
  await lan.stop()
  await lan.stop()
  assert.equal((await child.exited).signal, 'SIGKILL')
  const list = await run({ command: 'ip', args: ['netns', 'list'] }, { timeoutMs: 5000 })
  assert.doesNotMatch(list.output, new RegExp(namespace))
})

function node(code: string): Command {
  return { command: process.execPath, args: ['-e', code] }
}

async function serve(text: string, path: string): Promise<Server> {
  const server = createServer((_request, response) => { response.end(text) }).listen(path)
  await once(server, 'listening')
  return server
}

async function get(socketPath: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path: '/' }, (response) => {
    response.setEncoding('utf8').on('data', resolve)
  }).on('error', reject).end()
  return promise
}
