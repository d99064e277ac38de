// Refuses modules that look for files beside themselves, which are not there once they are bundled; a package's own package.json is taken into the bundle.
const LOOKS_AROUND = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/
const OWN_REQUIRE = /^const (\w+) = createRequire\(import\.meta\.url\);$/m

/** The plugin for the bundler. @returns {import('rolldown').Plugin} */
export function modulePaths() {
  return {
    name: 'module-paths',
    transform: {
      filter: { id: /\/node_modules\//, code: LOOKS_AROUND },
      handler(code, id) {
        const inlined = withManifestInside(code)
        if (LOOKS_AROUND.test(inlined)) this.error(`${id} looks for files beside itself, which are not there in the bundle`)
        return { code: inlined, map: null }
      }
    }
  }
}

/**
 * `require('../package.json')` as an import, which the bundler resolves.
 *
 * @param {string} code
 */
function withManifestInside(code) {
  const [declaration, name] = OWN_REQUIRE.exec(code) ?? []
  if (declaration === undefined || name === undefined) return code
  const [call, path] = new RegExp(`\\b${name}\\('(\\.[^']*/package\\.json)'\\)`).exec(code) ?? []
  if (call === undefined || path === undefined) return code
  return `import ownManifest from '${path}';\n${code.replace(declaration, '').replace(call, 'ownManifest')}`
}
