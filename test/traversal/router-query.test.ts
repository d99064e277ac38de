import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { askRouters, type RouterFinder } from '../../src/nat/router-query.ts'

/** Routers that say these addresses, and none further. */
const routers = (...hosts: Array<string | Error>): RouterFinder => ({
  async* findGateways() {
    for (const host of hosts) {
      yield {
        externalIp: async () => {
          if (host instanceof Error) throw host
          return await Promise.resolve(host)
        }
      }
    }
  }
})

async function ask(finder: RouterFinder, signal = AbortSignal.timeout(30_000)) {
  const failures: unknown[] = []
  const answers = await askRouters(finder, { signal, onFailure: (error) => { failures.push(error) } })
  return { answers, failures }
}

describe('routers on the LAN', () => {
  it('say their outside addresses, each once, and which of them are public', async () => {
    const { answers, failures } = await ask(routers('45.33.7.7', '45.33.7.7', '192.168.0.4', '100.64.9.9'))
    assert.deepEqual(answers, [
      { outsideHost: '45.33.7.7', isPublic: true }, { outsideHost: '192.168.0.4', isPublic: false }, { outsideHost: '100.64.9.9', isPublic: false }
    ])
    assert.deepEqual(failures, [])
  })

  it('are not believed what is no address, and one that fails keeps nobody from answering', async () => {
    const { answers, failures } = await ask(routers('\u001b[2J', '', new Error('no such service'), '45.33.7.7'))
    assert.deepEqual(answers, [{ outsideHost: '45.33.7.7', isPublic: true }])
    assert.equal(failures.length, 1)
  })

  it('are not searched for longer than the signal says, and not without end', async () => {
    const stopping = new AbortController()
    const silent: RouterFinder = {
      async* findGateways({ signal }) {
        const { promise, reject } = Promise.withResolvers<never>()
        signal.addEventListener('abort', () => { reject(new Error('aborted')) })
        stopping.abort()
        yield await promise
      }
    }
    assert.deepEqual(await ask(silent, stopping.signal), { answers: [], failures: [] })
    const many = routers(...Array.from({ length: 100 }, (_, number) => `45.33.7.${number}`))
    assert.equal((await ask(many)).answers.length, 4)
  })

  it('that cannot be searched for are reported', async () => {
    const { answers, failures } = await ask({ findGateways: () => { throw new Error('no multicast') } })
    assert.deepEqual([answers, failures.length], [[], 1])
  })
})
