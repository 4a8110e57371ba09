import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { codes, routes, type CodeMeaning } from './index.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

describe('the table of codes', () => {
  it.each(Object.entries<CodeMeaning>(codes))('has %s in docs/errors.md, as it is declared', (code, { status, title, retryable }) => {
    expect(page).toContain(`\`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${title} |`);
  });

  it('has no code in docs/errors.md that is not declared', () => {
    const told = [...page.matchAll(/<a id="(\w+)">/g)].map(([, code]) => code);
    expect(told).toEqual(Object.keys(codes));
  });
});

describe('the routes', () => {
  it('are distinct by method and path', () => {
    const keys = Object.values(routes).map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(Object.entries(routes))('%s: names every parameter of its path in its schema, and no other', (_name, { path, params }) => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();
    expect(Object.keys(params?.shape ?? {}).sort()).toEqual(named);
  });

  it.each(Object.entries(routes))(
    '%s: asks for a member wherever it asks for a queue token or a key',
    (_name, { auth, gate, idempotency }) => {
      if (gate !== 'none') expect(auth).toBe('member');
      if (idempotency === 'required') expect(['member', 'operator']).toContain(auth);
      expect(['none', 'member', 'operator', 'gateway']).toContain(auth);
    },
  );
});
