import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../paths.ts';
import { formattedFiles } from './own-files.ts';

describe('the files that the formatter looks at', () => {
  it('are there, and named one by one: what somebody keeps in the checkout’s folder fails no check', () => {
    expect(formattedFiles.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(formattedFiles).toEqual(expect.arrayContaining(['libs', 'services', 'scripts', 'tests', 'package.json']));
    expect(formattedFiles.filter((path) => /^(\.|\.\/)?$|[*?]/.test(path))).toEqual([]);
  });
});
