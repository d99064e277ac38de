/** The other end of `LabProcess`: answers the questions that come in on standard input. */

import { createInterface } from 'node:readline'

/** What a program can be asked; each takes the parameters of the question. */
export type Answers = Record<string, (parameters: never) => unknown>

export function answerQuestions(answers: Answers): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const { id, question, parameters } = JSON.parse(line) as { id: number, question: string, parameters: never }
    const answer = answers[question]
    Promise.resolve().then(() => answer?.(parameters)).then(
      (result: unknown) => { write({ id, result: result ?? null }) },
      (error: unknown) => { write({ id, error: error instanceof Error ? error.stack ?? error.message : String(error) }) }
    )
  })
  lines.on('close', () => process.exit())
}

function write(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
