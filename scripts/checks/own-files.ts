import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.ts';

/** Where code is. */
export const codeFolders = ['libs', 'services', 'scripts', 'tests', 'bench', 'examples'].filter((folder) => existsSync(join(root, folder)));

/** What the formatter looks at: ours alone, and not what somebody keeps in the checkout's folder. */
export const formattedFiles = [
  ...codeFolders,
  '.dependency-cruiser.cjs',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'docker-compose.yml',
  'jest.config.js',
  'package.json',
  'tsconfig.json',
];
