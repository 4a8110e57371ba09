import { describe, expect, it } from '@jest/globals';
import { nextPathOf } from './next-path.ts';

describe('where a visitor goes on to', () => {
  it.each(['/', '/shop', '/shop/1?seats=2&x=%2F#map', '/waiting-room/other', '/a//b', '/?next=https://evil.example'])('is %s', (path) => {
    expect(nextPathOf(path)).toBe(path);
  });

  it('is written as an address may be', () => {
    expect(nextPathOf('/a b"<c>')).toBe('/a%20b%22%3Cc%3E');
  });

  it.each([
    undefined,
    '',
    'shop',
    'https://evil.example/',
    'https:evil.example',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e//evil.example',
    '/x/../..//evil.example',
    '//[',
    ['/shop', '/shop'],
    `/${'x'.repeat(1000)}`,
  ])('is never %j', (given) => {
    expect(nextPathOf(given)).toBeUndefined();
  });
});
