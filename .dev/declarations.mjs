// Writes the type declarations of the entries that export something beside the bundle, and those that they refer to.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

/** The plugin for the bundler. @returns {import('rolldown').Plugin} */
export function declarations() {
  return {
    name: 'declarations',
    generateBundle(_options, bundle) {
      const entries = Object.values(bundle).flatMap(file => file.type === 'chunk' && file.isEntry && file.exports.length > 0 && file.facadeModuleId !== null ? [file.facadeModuleId] : [])
      const source = join(process.cwd(), 'src')
      for (const [file, text] of declarationsOf(entries)) {
        this.emitFile({ type: 'asset', fileName: relative(source, file).replace(/\.ts$/, '.d.ts'), source: text })
      }
    }
  }
}

/**
 * The declarations of source files and of all that these refer to, by source file; throws where a type would have to be inferred.
 *
 * @param {string[]} entries
 * @returns {Map<string, string>}
 */
export function declarationsOf(entries) {
  /** @type {Map<string, string>} */
  const found = new Map()
  const queue = [...entries]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (found.has(file)) continue
    const folder = dirname(file)
    const text = declarationOf(file)
    found.set(file, text)
    queue.push(...ts.preProcessFile(text).importedFiles.filter(({ fileName }) => fileName.startsWith('.')).map(({ fileName }) => join(folder, fileName)))
  }
  return found
}

/** @param {string} fileName */
function declarationOf(fileName) {
  const compilerOptions = { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, verbatimModuleSyntax: true }
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(fileName, 'utf8'), { fileName, compilerOptions, reportDiagnostics: true })
  if (diagnostics.length > 0) {
    throw new Error(ts.formatDiagnostics(diagnostics, { getCanonicalFileName: name => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' }))
  }
  return outputText
}
