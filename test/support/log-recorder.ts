/** A logger that keeps its lines as they were written, so that tests can wait for one and look for what must not be there. */

import assert from 'node:assert/strict'
import type { Logger } from '../../src/lib/log.ts'
import { Recorder } from './recorder.ts'

export interface LogLine {
  level: keyof Logger
  message: string
}

/** A log that must stay one line a message has none of these in a message. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u

export class LogRecorder implements Logger {
  readonly lines = new Recorder<LogLine>()

  debug = (message: string): void => { this.lines.add({ level: 'debug', message }) }
  info = (message: string): void => { this.lines.add({ level: 'info', message }) }
  warn = (message: string): void => { this.lines.add({ level: 'warn', message }) }
  error = (message: string): void => { this.lines.add({ level: 'error', message }) }

  /** Lines that match, of any level or of one. */
  matching(pattern: RegExp, level?: LogLine['level']): string[] {
    return this.lines.items.filter(line => pattern.test(line.message) && (level === undefined || line.level === level)).map(line => line.message)
  }

  async waitFor(pattern: RegExp): Promise<string> {
    return await this.lines.waitFor(`a log line that matches ${String(pattern)}`, lines => lines.find(line => pattern.test(line.message))?.message)
  }

  /** What an operator is asked to look at: none of it may come from ordinary life. */
  get complaints(): string[] {
    return this.lines.items.filter(line => line.level === 'warn' || line.level === 'error').map(line => line.message)
  }

  /** No line breaks out of its line, and none holds `secret`. */
  assertClean(secret?: string): void {
    for (const { message } of this.lines.items) {
      assert.doesNotMatch(message, CONTROL)
      if (secret !== undefined) assert.ok(!message.includes(secret), `the log holds the text of a stranger: ${message}`)
    }
  }
}
