import { existsSync } from 'node:fs';

const folders = ['libs', 'services', 'scripts', 'tests', 'bench', 'examples'].filter((folder) =>
  existsSync(new URL(folder, import.meta.url)),
);

const project = (kind) => ({
  displayName: kind,
  roots: folders.map((folder) => `<rootDir>/${folder}`),
  testMatch: [`**/*.${kind}.spec.ts`],
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
  projects: ['unit', 'int', 'e2e'].map(project),
  testTimeout: 300_000, // of a project’s own jest takes no notice
  testSequencer: './scripts/test/shuffled-sequencer.js',
  watchman: false,
};
