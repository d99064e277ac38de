// Who may import whom in src/ (the matrix of layers), and that nothing is circular, orphaned or unresolvable.

/** @type {Record<string, string[]>} */
const layers = {
  lib: [],
  config: ['lib'],
  node: ['lib', 'config'],
  nat: ['lib', 'config', 'protocols'],
  relay: ['lib', 'config', 'protocols'],
  protocols: ['lib', 'config'],
  trust: ['lib', 'config', 'mesh-api.ts'],
  routes: ['lib', 'config', 'protocols'],
  mailbox: ['lib', 'config', 'protocols', 'trust', 'routes', 'mesh-api.ts'],
  sessions: ['lib', 'config', 'protocols', 'trust', 'routes', 'mailbox', 'mesh-api.ts'],
  openclaw: ['mesh.ts', 'mesh-api.ts', 'config', 'lib'],
  api: [],
  'mesh-api.ts': ['api'],
  mesh: ['lib', 'config', 'node', 'nat', 'relay', 'protocols', 'trust', 'routes', 'mailbox', 'sessions', 'mesh-api.ts'],
  'mesh.ts': ['mesh', 'lib', 'config', 'mesh-api.ts'],
  'relay.ts': ['lib', 'config', 'node', 'nat', 'relay', 'protocols'],
  command: ['relay.ts', 'config', 'lib'],
  'bin.ts': ['command', 'lib'],
  'index.ts': ['openclaw'],
  'setup-entry.ts': ['openclaw']
}

/**
 * Layers that a layer may import types from, on top of what it may import anyway.
 *
 * @type {Record<string, string[]>}
 */
const typeLayers = {
  trust: ['protocols'],
  openclaw: Object.keys(layers)
}

/**
 * Matches the files of the layers named.
 *
 * @param {string[]} names
 */
const within = names => `^src/(${names.map(name => name.endsWith('.ts') ? `${name.replace('.', '\\.')}$` : `${name}/`).join('|')})`

const matrix = Object.entries(layers).map(([layer, allowed]) => ({
  name: 'layers',
  severity: 'error',
  comment: `${layer} may import ${allowed.join(', ') || 'no other layer'}`,
  from: { path: within([layer]) },
  to: { path: '^src/', pathNot: within([layer, ...allowed, ...typeLayers[layer] ?? []]) }
}))

const typesOnly = Object.entries(typeLayers).map(([layer, names]) => ({
  name: 'types-only',
  severity: 'error',
  comment: `${layer} may import only types from there`,
  from: { path: within([layer]) },
  to: { path: within(names), pathNot: within([layer, ...layers[layer] ?? []]), dependencyTypesNot: ['type-only'] }
}))

/** The OpenClaw SDK, resolved or not. */
const sdk = '(^|/)node_modules/openclaw/|^openclaw(/|$)'

/** Development dependencies that go into the bundle: libp2p with what belongs to it, the schemas, and what tickets are made with. Others are tools. */
const bundled = '(^|/)node_modules/(@?libp2p|@?multiformats|(datastore|interface|it)-[^/]+|protons-runtime|uint8array(s|list)|typebox|@scure|uqr)/'

export default {
  forbidden: [
    ...matrix,
    ...typesOnly,
    { name: 'types-only', severity: 'error', comment: 'mesh-api.ts holds types only', from: {}, to: { path: within(['mesh-api.ts']), dependencyTypesNot: ['type-only'] } },
    { name: 'unknown-layer', severity: 'error', comment: 'this place has no row in the import matrix', from: { path: '^src/', pathNot: within(Object.keys(layers)) }, to: {} },
    { name: 'sdk-outside-openclaw', severity: 'error', comment: 'only src/openclaw knows the host', from: { path: '^src/', pathNot: '^src/openclaw/' }, to: { path: sdk } },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'undeclared-dependency',
      severity: 'error',
      comment: 'what src imports is listed in package.json',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-optional', 'npm-no-pkg', 'npm-unknown'], pathNot: sdk }
    },
    {
      name: 'tool',
      severity: 'error',
      comment: 'what src imports is bundled, a dependency of the package, or the host itself',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: `${sdk}|${bundled}` }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'], extensions: ['.ts', '.js', '.mjs'] }
  }
}
