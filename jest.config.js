import { existsSync } from 'node:fs';

const folders = ['libs', 'services', 'scripts', 'tests', 'bench'].filter((folder) => existsSync(new URL(folder, import.meta.url)));

const project = (kind, testTimeout) => ({
  displayName: kind,
  roots: folders.map((folder) => `<rootDir>/${folder}`),
  testMatch: [`**/*.${kind}.spec.ts`],
  testTimeout,
  injectGlobals: false,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        // esnext: Node 24 runs what is written, so only the types are taken away
        jsc: { target: 'esnext', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
        module: { type: 'es6' },
      },
    ],
  },
});

/** Specs by what they need: nothing (unit), engines (int), the whole fleet (e2e). Times are deadlines against a hang, never assertions. */
export default {
  projects: [project('unit', 30_000), project('int', 30_000), project('e2e', 240_000)],
  testSequencer: './scripts/test/shuffled-sequencer.js',
  watchman: false,
};
