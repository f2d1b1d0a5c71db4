/** Who may import whom (ARCHITECTURE.md, "Rooms"). `test/import-rules.test.ts` runs this and shows it failing. */
const room = (name) => `^src/${name}(/|\\.ts$)`;
const ours = '^src/';
const sharedWords = '^src/gateway/types\\.ts$';
const observability = '^src/observability/';

/** `from` may import only itself, `observability`, and `allowed`, of ours. */
const only = (name, from, allowed, itself = from) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: name === 'gateway' ? sharedWords : '^$' },
  to: { path: ours, pathNot: [itself, observability, ...allowed] },
});

const adapters = ['terminal', 'web', 'telegram', 'discord', 'slack'];
const sdks = {
  telegram: '^(node_modules/)?(grammy|@grammyjs/)',
  discord: '^(node_modules/)?(discord\\.js|@discordjs/)',
  slack: '^(node_modules/)?@slack/',
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('storage', room('storage'), []),
    { name: 'gateway-types', severity: 'error', from: { path: sharedWords }, to: { path: ours } },
    {
      name: 'observability',
      severity: 'error',
      from: { path: observability },
      to: { path: ours, pathNot: observability },
    },
    only('demo', room('demo'), []),
    only('auth', room('auth'), [room('storage')]),
    only('mcp', room('mcp'), [room('auth')]),
    only('http', room('http'), [room('auth'), sharedWords]),
    only('gateway', room('gateway'), [room('auth'), room('mcp'), room('storage')]),
    only('adapters-common', room('adapters/common'), [sharedWords]),
    ...adapters.map((name) =>
      only(`adapter-${name}`, room(`adapters/${name}`), [sharedWords, room('adapters/common')]),
    ),
    ...Object.entries(sdks).map(([name, path]) => ({
      name: `${name}-sdk-only-in-its-adapter`,
      severity: 'error',
      from: { path: ours, pathNot: `^src/adapters/${name}/` },
      to: { path },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
