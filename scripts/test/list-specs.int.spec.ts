import { describe, expect, it } from '@jest/globals';
import { CannotGoOn } from '../engines/engines.ts';
import { listSpecs, needBrowser, needEngines } from './list-specs.ts';

describe('the specs of npm test -- <path>', () => {
  it('are those whose path matches; none is said before anything starts', async () => {
    expect(await listSpecs(['scripts/test/list-specs'])).toEqual([expect.stringMatching(/scripts\/test\/list-specs\.int\.spec\.ts$/)]);
    const nothing = listSpecs(['no/such/path']);
    await expect(nothing).rejects.toThrow(CannotGoOn);
    await expect(nothing).rejects.toThrow('no test matches no/such/path');
  });

  it('need engines unless all of them are pure', () => {
    expect(needEngines(['/a/b.unit.spec.ts', '/a/c.unit.spec.ts'])).toBe(false);
    expect(needEngines(['/a/b.unit.spec.ts', '/a/c.int.spec.ts'])).toBe(true);
    expect(needEngines(['/a/d.e2e.spec.ts'])).toBe(true);
  });

  it('need a browser where one is named so', () => {
    expect(needBrowser(['/a/b.unit.spec.ts', '/a/c.e2e.spec.ts'])).toBe(false);
    expect(needBrowser(['/a/b.unit.spec.ts', '/a/c.browser.e2e.spec.ts'])).toBe(true);
  });
});
