/** What an attempt to show a text in a channel came to, as far as the host and the channel's own error prove it. */
import { listMessageReceiptPlatformIds, type DurableMessageBatchSendResult } from 'openclaw/plugin-sdk/channel-outbound'
import { collectErrorGraphCandidates, formatErrorMessage, PlatformMessageNotDispatchedError, readErrorName } from 'openclaw/plugin-sdk/error-runtime'
import { FORWARD_GIVE_UP_MS } from '../config/limits.ts'
import type { ForwardOutcome } from '../mesh-api.ts'

/** Codes of platforms for "too many messages": Feishu's for an app, a chat and a bot. */
const RATE_LIMIT_CODES: ReadonlySet<unknown> = new Set([99991400, 230020, 11232, '99991400', '230020', '11232'])
const RATE_LIMIT_WORDS = /rate.?limit|too many requests|frequency limit/i
/** These come before a connection exists, whoever reports them. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_DNS_RESOLVE_FAILED'])
/** A connection that broke, or an answer that did not come: the platform may have taken the message before. */
const BROKEN = /^(E(AI_|CONN|NET|HOST|ADDR|PIPE|TIMEDOUT|SOCKET)|UND_ERR_|ERR_(NETWORK|HTTP2|QUIC|CANCELED|SOCKET|STREAM)|ABORT_ERR)/
const NO_ANSWER_WORDS = /time[d-]? ?out|socket hang up|fetch failed|network|aborted/i
/** The host has no such channel, or its plugin is not installed: asking again within the day will not help. */
const NO_CHANNEL = /^Outbound not configured/
/** How Feishu's plugin appends all that it knows to its message, too long to reach the sender whole. */
const DIAGNOSIS = ': {"'
const URLS = /https?:\/\/[^\s"]+/g

/** The outcome of a send that the host carried out. */
export function outcomeOf(result: DurableMessageBatchSendResult): ForwardOutcome {
  switch (result.status) {
    case 'sent':
      return { kind: 'sent', platformIds: [...new Set([...listMessageReceiptPlatformIds(result.receipt), ...result.results.map(({ messageId }) => messageId)])] }
    case 'suppressed':
      return result.reason === 'adapter_returned_no_identity'
        ? { kind: 'uncertain', error: 'the channel did not confirm the message' }
        : { kind: 'failed', error: `OpenClaw held the message back: ${result.reason}` }
    case 'partial_failed':
      return { kind: 'uncertain', error: `only a part was shown: ${errorText(result.error)}` }
    case 'failed':
      return outcomeOfError(result.error)
  }
}

/** The outcome of a send that failed: tried again only where the error proves that nothing was shown and that this may change. */
export function outcomeOfError(error: unknown): ForwardOutcome {
  const causes = collectErrorGraphCandidates(error, nestedErrors).filter(cause => !isRepeated(cause))
  const text = errorText(error, causes)
  const is = (test: (cause: unknown) => boolean): boolean => causes.some(test)
  const uncertain: ForwardOutcome = { kind: 'uncertain', error: text }
  const failed: ForwardOutcome = { kind: 'failed', error: text }
  const retry: ForwardOutcome = { kind: 'retry', error: text, ...retryAfterOf(causes) }
  if (is(wasShown)) return uncertain
  if (is(isRateLimit)) return retry
  const rejection = causes.find(cause => cause instanceof PlatformMessageNotDispatchedError)
  if (rejection !== undefined) return rejection.retryable && !NO_CHANNEL.test(rejection.message) ? retry : failed
  if (is(isBroken)) return uncertain
  if (is(neverConnected) || is(cause => statusOf(cause) === 503)) return retry
  return is(isUnanswered) ? uncertain : failed
}

function nestedErrors({ cause, error, original, reason, errors }: Record<string, unknown>): unknown[] {
  const several: unknown[] = Array.isArray(errors) ? errors : []
  return [cause, error, original, reason, ...several].filter(nested => typeof nested === 'object')
}

function read(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((at, key) => typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined, value)
}

/** An error that wraps another and takes over its code says less than the one inside. */
function isRepeated(error: unknown): boolean {
  const code = read(error, 'code')
  return code !== undefined && code === read(error, 'cause', 'code')
}

function wasShown(error: unknown): boolean {
  return read(error, 'visibleReplySent') === true || read(error, 'code') === 'CHANNEL_PARTIAL_DELIVERY'
}

function isRateLimit(error: unknown): boolean {
  const codes = [read(error, 'code'), read(error, 'feishuCode'), read(error, 'response', 'data', 'code')]
  return statusOf(error) === 429 || codes.some(code => RATE_LIMIT_CODES.has(code)) || RATE_LIMIT_WORDS.test(messageOf(error))
}

function neverConnected(error: unknown): boolean {
  return NEVER_CONNECTED.has(read(error, 'code')) || (BROKEN.test(codeOf(error)) && read(error, 'syscall') === 'connect')
}

function isBroken(error: unknown): boolean {
  return BROKEN.test(codeOf(error)) && !neverConnected(error)
}

/** The platform's server failed, or nobody answered. */
function isUnanswered(error: unknown): boolean {
  const status = statusOf(error)
  if (status !== undefined) return status >= 500 || status === 408
  return /^(Timeout|Abort)Error$/.test(readErrorName(error)) || NO_ANSWER_WORDS.test(messageOf(error))
}

/** The HTTP status that the platform answered with. */
function statusOf(error: unknown): number | undefined {
  const places = [read(error, 'response', 'status'), read(error, 'status'), read(error, 'statusCode'), read(error, 'httpStatus'), read(error, 'error_code')]
  return places.find(status => typeof status === 'number' && status >= 400 && status < 600) as number | undefined
}

function retryAfterOf(causes: readonly unknown[]): { retryAfterMs?: number } {
  for (const cause of causes) {
    const headers = read(cause, 'response', 'headers')
    const seconds = [read(cause, 'retryAfter'), read(cause, 'retry_after'), read(cause, 'parameters', 'retry_after'), read(headers, 'retry-after'), read(headers, 'x-ogw-ratelimit-reset')]
    const waits = [read(cause, 'retryAfterMs'), ...seconds.map(value => Number(value) * 1000)]
    const retryAfterMs = waits.find(ms => typeof ms === 'number' && ms > 0 && ms <= FORWARD_GIVE_UP_MS) as number | undefined
    if (retryAfterMs !== undefined) return { retryAfterMs }
  }
  return {}
}

function codeOf(error: unknown): string {
  const code = read(error, 'code')
  return typeof code === 'string' ? code : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

/** For the log and for the sender, who need not know the addresses behind a channel; a diagnosis in JSON gives way to the words it is about. */
function errorText(error: unknown, causes: readonly unknown[] = []): string {
  const text = formatErrorMessage(error)
  const diagnosis = text.indexOf(DIAGNOSIS)
  const reason = diagnosis === -1 ? undefined : causes.map(platformWords).find(words => words !== undefined) ?? plainMessages(causes).at(-1)
  return (reason === undefined ? text : `${text.slice(0, diagnosis)}: ${reason}`).replaceAll(URLS, '(address)')
}

/** What the platform itself answered. */
function platformWords(cause: unknown): string | undefined {
  const words = [read(cause, 'response', 'data', 'msg'), read(cause, 'response', 'data', 'message')].find(value => typeof value === 'string' && value !== '')
  const code = read(cause, 'response', 'data', 'code')
  if (typeof words !== 'string') return undefined
  return typeof code === 'number' || typeof code === 'string' ? `${words} (code ${code})` : words
}

function plainMessages(causes: readonly unknown[]): string[] {
  return causes.map(messageOf).filter(message => message !== '' && !message.includes(DIAGNOSIS))
}
