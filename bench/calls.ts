/** Calls from one process of a bench to another over IPC: how they look, and how the second process answers them. */

/** Each call by name, with its argument and its answer. */
export type CallTable<T> = { [N in keyof T]: { argument: unknown, answer: unknown } }

export interface Call<T extends CallTable<T>, N extends keyof T = keyof T> {
  id: number
  name: N
  argument: T[N]['argument']
}

export type Answer = { id: number, value: unknown } | { id: number, error: string }

/** What carries the calls out. */
export type CallHandlers<T extends CallTable<T>> = { [N in keyof T]: (argument: T[N]['argument']) => Promise<T[N]['answer']> }

/** Answers the calls of the process that forked this one, and ends with it. */
export function answerCalls<T extends CallTable<T>>(handlers: CallHandlers<T>): void {
  const answer = async <N extends keyof T>({ id, name, argument }: Call<T, N>): Promise<Answer> => {
    try {
      return { id, value: await handlers[name](argument) }
    } catch (error) {
      return { id, error: error instanceof Error ? error.stack ?? error.message : String(error) }
    }
  }
  process.on('disconnect', () => { process.exit() })
  process.on('message', (call: Call<T>) => {
    answer(call).then(reply => process.send?.(reply), (error: unknown) => { throw error })
  })
}
