import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { codes } from '@onsale/contracts';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.md') && !/(^|\/)(node_modules|\.onsale|\.git)\//.test(path),
);

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** What a page points to within the repository, other sites apart: a file, or a place on a page. */
const linksOf = (page: string): { to: string; place: string | undefined }[] =>
  [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file, place] = link.split('#') as [string, string?];
      return { to: file === '' ? page : relative(root, join(root, dirname(page), file)), place };
    });

/** The places of a page that can be pointed to: its headings, as GitHub names them, and anchors. */
const placesOf = (page: string): string[] => [
  ...[...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\d _-]/gu, '')
      .replaceAll(' ', '-'),
  ),
  ...[...textOf(page).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!),
];

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

  it.each(pages)('%s points to files and places that exist', (page) => {
    const dead = linksOf(page).filter(
      ({ to, place }) => !existsSync(join(root, to)) || (place !== undefined && to.endsWith('.md') && !placesOf(to).includes(place)),
    );
    expect(dead).toEqual([]);
  });
});
