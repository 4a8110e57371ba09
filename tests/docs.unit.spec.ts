import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { codes } from '@onsale/contracts';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.md') && !/(^|\/)(node_modules|\.onsale|\.git)\//.test(path),
);

/** What a page points to within the repository: neither other sites nor places on the page itself. */
const linksOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to]) => to!.split('#')[0]!)
    .filter((to) => to !== '' && !/^[a-z]+:/.test(to));

/** What runs in production, the declarations of the contracts apart. */
const sources = ['libs/shared/src', 'services'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.spec\.ts$|(^|\/)(testing|node_modules)\//.test(path))
    .map((path) => readFileSync(join(root, folder, path), 'utf8')),
);

describe('docs/errors.md', () => {
  it('marks those codes alone that nothing answers yet', () => {
    const page = readFileSync(join(root, 'docs/errors.md'), 'utf8').split('\n');
    const marked = page.flatMap((row) => (row.includes('Nothing answers this yet') ? [/<a id="(\w+)">/.exec(row)?.[1]] : []));
    expect(marked).toEqual(Object.keys(codes).filter((code) => !sources.some((source) => source.includes(`'${code}'`))));
  });
});

describe('the documentation', () => {
  it('is there', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/architecture.md', 'docs/operations.md', 'docs/errors.md', 'CHANGELOG.md']),
    );
  });

  it.each(pages)('%s points to files that exist', (page) => {
    const dead = linksOf(page).filter((to) => !existsSync(join(root, dirname(page), to)));
    expect(dead.map((to) => relative(root, join(root, dirname(page), to)))).toEqual([]);
  });
});
