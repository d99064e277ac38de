import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MeshEvent } from '../../src/mesh-api.ts'
import { runChat } from '../../src/openclaw/cli-chat.ts'
import { failureDetails, failureText } from '../../src/openclaw/details.ts'
import { MeshError } from '../../src/lib/errors.ts'
import type { GatewayCall } from '../../src/openclaw/gateway-call.ts'
import type { Outcome } from '../../src/openclaw/operations/definition.ts'
import { inboundMessage, PEER } from '../support/fake-mesh.ts'
import { Recorder } from '../support/recorder.ts'

type Unnumbered = MeshEvent extends infer E ? E extends MeshEvent ? Omit<E, 'seq'> : never : never

const ok = (facts: Record<string, unknown>): Outcome => ({ details: { ok: true, ...facts }, text: '' })

function failure(code: 'NOT_RUNNING' | 'QUEUE_FULL'): Outcome {
  const error = new MeshError(code, 'no')
  return { details: failureDetails(error), text: failureText(error) }
}

/** A gateway with an event log, a keyboard and a screen. */
class Terminal {
  readonly shown = new Recorder<string>()
  readonly sent: Array<Record<string, unknown>> = []
  sendAnswer = (): Outcome => ok({ messageId: `m${this.sent.length}`, peerId: PEER, state: 'received' })
  #events: MeshEvent[] = []
  #isGone = false
  readonly #waiting = new Set<() => void>()
  readonly #typed: string[] = []
  #typing = Promise.withResolvers<undefined>()
  #isEnded = false

  happen(event: Unnumbered): void {
    this.#events.push({ ...event, seq: this.#events.length + 1 })
    for (const wake of this.#waiting) wake()
  }

  type(line: string): void {
    this.#typed.push(line)
    this.#typing.resolve(undefined)
  }

  end(): void {
    this.#isEnded = true
    this.#typing.resolve(undefined)
  }

  goAway(): void {
    this.#isGone = true
    for (const wake of this.#waiting) wake()
  }

  async run(): Promise<Outcome> {
    return runChat({
      recipient: 'bob',
      lines: () => Object.assign(this.#lines(), { close: () => { this.end() } }),
      call: async call => this.#call(call),
      show: (line) => { this.shown.add(line) }
    })
  }

  async see(pattern: RegExp): Promise<void> {
    await this.shown.waitFor(`the screen to show ${String(pattern)}`, lines => lines.some(line => pattern.test(line)))
  }

  async* #lines(): AsyncGenerator<string> {
    for (;;) {
      const line = this.#typed.shift()
      if (line !== undefined) yield line
      else if (this.#isEnded) return
      else {
        this.#typing = Promise.withResolvers()
        await this.#typing.promise
      }
    }
  }

  async #call({ operation, params, signal }: GatewayCall): Promise<Outcome> {
    if (this.#isGone) return failure('NOT_RUNNING')
    if (operation === 'send') {
      this.sent.push(params as Record<string, unknown>)
      return this.sendAnswer()
    }
    return this.#watch(params as { after?: number, timeoutMs: number }, signal)
  }

  async #watch({ after, timeoutMs }: { after?: number, timeoutMs: number }, signal: AbortSignal | undefined): Promise<Outcome> {
    const from = after ?? this.#events.length
    if (timeoutMs > 0 && this.#events.length <= from) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const wake = (): void => { resolve(undefined) }
      this.#waiting.add(wake)
      signal?.addEventListener('abort', wake)
      await promise
      this.#waiting.delete(wake)
    }
    if (this.#isGone || signal?.aborted === true) return failure('NOT_RUNNING')
    return ok({ events: this.#events.slice(from), cursor: this.#events.length })
  }
}

describe('a conversation in the terminal', () => {
  it('sends typed lines, marks how far each got, and shows what comes in', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    terminal.type('hello')
    await terminal.see(/✓ received {2}hello/)
    terminal.happen({ type: 'delivery', messageId: 'm1', peerId: PEER, state: 'delivered' })
    await terminal.see(/✓✓ delivered {2}hello/)
    terminal.happen({ type: 'message', message: inboundMessage({ messageId: 'in1', text: 'hi\u001b[2J\nthere' }) })
    await terminal.see(/^> hi\\u\{1b\}\[2J\n> there$/)
    terminal.end()
    const { details } = await done
    assert.ok(details.ok)
    const entries = details['entries'] as Array<Record<string, unknown>>
    assert.deepEqual(entries.map(({ direction, text, state }) => [direction, text, state]), [['out', 'hello', 'delivered'], ['in', 'hi\u001b[2J\nthere', undefined]])
  })

  it('answers the last received message, so that people talk and agents keep out', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    await terminal.see(/Talking to bob/)
    terminal.happen({ type: 'message', message: inboundMessage({ messageId: 'in1' }) })
    await terminal.see(/> hello/)
    terminal.type('hi')
    await terminal.see(/received {2}hi/)
    terminal.end()
    await done
    assert.deepEqual(terminal.sent, [{ to: 'bob', message: 'hi', inReplyTo: 'in1' }])
  })

  it('asks an agent that answered anew, so that it goes on answering', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    await terminal.see(/Talking to bob/)
    for (const [message, answer] of [[{ kind: 'reply', hops: 1 }, 'to an agent'], [{ kind: 'reply', hops: 0 }, 'to a person'], [{ kind: 'direct', hops: 1 }, 'to a question']] as const) {
      terminal.happen({ type: 'message', message: inboundMessage({ ...message, messageId: answer, text: `before ${answer}` }) })
      await terminal.see(new RegExp(`> before ${answer}`))
      terminal.type(answer)
      await terminal.see(new RegExp(`received {2}${answer}`))
    }
    terminal.end()
    await done
    assert.deepEqual(terminal.sent.map(({ inReplyTo }) => inReplyTo), [undefined, 'to a person', 'to a question'])
  })

  it('keeps a state that came in before the send returned, and never steps back', async () => {
    const terminal = new Terminal()
    terminal.sendAnswer = () => {
      terminal.happen({ type: 'delivery', messageId: 'm1', peerId: PEER, state: 'delivered' })
      return ok({ messageId: 'm1', peerId: PEER, state: 'queued' })
    }
    const done = terminal.run()
    terminal.type('hello')
    await terminal.see(/delivered {2}hello/)
    terminal.end()
    const { details } = await done
    assert.equal((details.ok ? details['entries'] as Array<{ state: string }> : [])[0]?.state, 'delivered')
    assert.equal(terminal.shown.items.filter(line => line.includes('delivered')).length, 1)
  })

  it('says how to let the peer in when its messages are held', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    await terminal.see(/Talking/)
    terminal.happen({ type: 'held', peerId: PEER, code: 'ABCD-EFGH', held: 2 })
    await terminal.see(/openclaw p2p approve ABCD-EFGH/)
    terminal.end()
    await done
  })

  it('goes on after a message that could not be sent', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    const works = terminal.sendAnswer
    terminal.sendAnswer = () => failure('QUEUE_FULL')
    terminal.type('one')
    await terminal.see(/✗ QUEUE_FULL/)
    terminal.sendAnswer = works
    terminal.type('two')
    await terminal.see(/✓ received {2}two/)
    terminal.end()
    assert.equal((await done).details.ok, true)
  })

  it('ends with the failure when the gateway goes away', async () => {
    const terminal = new Terminal()
    const done = terminal.run()
    await terminal.see(/Talking/)
    terminal.goAway()
    const { details } = await done
    assert.equal(details.ok ? '' : details.error.code, 'NOT_RUNNING')
  })
})
