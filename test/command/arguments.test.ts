import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HELP, parseCommand } from '../../src/command/arguments.ts'
import { MeshError } from '../../src/lib/errors.ts'

const parse = (...args: string[]) => parseCommand(args, '/home/anna')

function refusal(...args: string[]): string {
  try {
    parse(...args)
  } catch (error) {
    assert.ok(error instanceof MeshError)
    assert.equal(error.code, 'INVALID_ARGUMENT')
    return error.message
  }
  return assert.fail('the arguments were accepted')
}

describe('parseCommand', () => {
  it('needs nothing but the word relay', () => {
    assert.deepEqual(parse('relay'), {
      kind: 'relay',
      options: { listenAddrs: ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001'], announceAddrs: [], dataDir: '/home/anna/.libp2p-mesh-relay', networkKeyFile: undefined, isJson: false }
    })
  })

  it('takes every option, the addresses several times', () => {
    const listen = ['/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/443/ws']
    const announce = ['/dns4/relay.example.org/tcp/4001', '/dns4/relay.example.org/tcp/443/wss']
    const args = [...listen.flatMap(address => ['--listen', address]), ...announce.flatMap(address => ['--announce', address])]
    assert.deepEqual(parse('relay', ...args, '--data-dir', '/srv/relay', '--network-key', '/srv/mesh.key', '--json'), {
      kind: 'relay',
      options: { listenAddrs: listen, announceAddrs: announce, dataDir: '/srv/relay', networkKeyFile: '/srv/mesh.key', isJson: true }
    })
  })

  it('helps and tells its version, whatever else is said', () => {
    for (const args of [['--help'], ['-h'], ['relay', '--help']]) assert.deepEqual(parse(...args), { kind: 'help' })
    assert.deepEqual(parse('--version'), { kind: 'version' })
    for (const option of ['--listen', '--announce', '--data-dir', '--network-key', '--json', '--version']) assert.ok(HELP.includes(option))
  })

  const wrong: Array<[string[], RegExp]> = [
    [[], /^say what to run: libp2p-mesh relay$/],
    [['serve'], /^there is no command "serve"; expected relay$/],
    [['relay', 'now'], /^relay takes no argument "now"$/],
    [['relay', '--port', '4001'], /'--port'/],
    [['relay', '--listen'], /'--listen <value>'/],
    [['relay', '--listen', 'tcp/4001'], /^--listen\[0\]: "tcp\/4001" is not accepted; expected a listen multiaddr/],
    [['relay', '--listen', '/ip4/0.0.0.0/tcp/443/wss'], /^--listen: \/ip4\/0\.0\.0\.0\/tcp\/443\/wss would need a certificate/],
    [['relay', '--announce', '/ip4/0.0.0.0/tcp/4001'], /^--announce\[0\]: .* expected an address that others can dial$/],
    [['relay', '--data-dir', ''], /^--data-dir: expected the path of a folder$/],
    [['relay', '--network-key', ''], /^--network-key: expected the path of a file$/]
  ]
  for (const [args, message] of wrong) {
    it(`refuses "${args.join(' ')}"`, () => {
      assert.match(refusal(...args), message)
    })
  }
})
