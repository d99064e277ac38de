/**
 * Alice, and bob whose owner reads Feishu: two gateways, the official Feishu plugin on bob's, and a fake of Lark.
 *
 * @example
 * await using stage = await FeishuCouple.start()
 * await stage.post(stage.lark.write({ from: OWNER, text: 'hello' }))
 */

import { Couple } from './couple.ts'
import { FakeLark } from './fake-lark.ts'
import { FEISHU_PLUGIN, feishuConfig, feishuEnv, WEBHOOK } from './feishu-plugin.ts'
import { postJson, type HttpAnswer } from './http.ts'
import type { JsonObject } from './json.ts'
import { sealEvent } from './lark-event.ts'

export const OWNER = 'ou_owner'
export const GROUP = 'oc_group'

const WEBHOOK_TIMEOUT_MS = 120_000

export class FeishuCouple implements AsyncDisposable {
  readonly couple: Couple
  readonly lark: FakeLark
  readonly #webhook: string
  readonly #stack: AsyncDisposableStack

  private constructor(init: { couple: Couple, lark: FakeLark, webhook: string, stack: AsyncDisposableStack }) {
    this.couple = init.couple
    this.lark = init.lark
    this.#webhook = init.webhook
    this.#stack = init.stack
  }

  /** Starts both gateways; `plugin` is bob's `plugins.entries["libp2p-mesh"].config`. */
  static async start(plugin: JsonObject = {}): Promise<FeishuCouple> {
    await using stack = new AsyncDisposableStack()
    const lark = stack.use(await FakeLark.start())
    const bob = { plugin, config: feishuConfig(lark, { owner: OWNER, group: GROUP }), env: feishuEnv(lark) }
    const couple = stack.use(await Couple.create({ plugins: [FEISHU_PLUGIN], bob }))
    const { host } = couple.bob
    if (host === undefined) throw new Error('bob runs on no host of a LAN')
    await lark.offerOn(host)
    await couple.start()
    await couple.bob.waitForLog(/feishu.*Webhook server listening/, { timeoutMs: WEBHOOK_TIMEOUT_MS })
    return new FeishuCouple({ couple, lark, webhook: await host.reach(WEBHOOK.port), stack: stack.move() })
  }

  /** Posts an event to bob's Feishu plugin, as Lark does. */
  async post(event: JsonObject): Promise<HttpAnswer> {
    const { headers, body } = sealEvent(this.lark.app, event)
    return postJson({ socketPath: this.#webhook }, { path: WEBHOOK.path, headers, body, timeoutMs: WEBHOOK_TIMEOUT_MS })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
