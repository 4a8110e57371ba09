import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.md') && !/(^|\/)(node_modules|\.onsale|\.git)\//.test(path),
);

/** What a page points to within the repository: neither other sites nor places on the page itself. */
const linksOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to]) => to!.split('#')[0]!)
    .filter((to) => to !== '' && !/^[a-z]+:/.test(to));

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
