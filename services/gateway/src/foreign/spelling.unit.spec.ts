import { describe, expect, it } from '@jest/globals';
import { searchFault, spellingFault } from './spelling.ts';

describe('the spelling of a path that another server reads', () => {
  it.each(['/', '/shop', '/shop/', '/shop/items/17', '/shop/caf%C3%A9', '/shop/a%20b', '/shop/a.b/~c', '/shop/x;v=1', '/shop/100%25'])(
    '%s is plain',
    (path) => expect(spellingFault(path)).toBeUndefined(),
  );

  it.each([
    '//',
    '//shop',
    '/shop//buy',
    '/shop/./buy',
    '/shop/../buy',
    '/open/..',
    '/open/%2e%2e/buy',
    '/open/.%2E/buy',
    '/open/..;/buy',
    '/open/..;a=b/buy',
    '/open/;/buy',
    '/open/..%20/buy',
    '/open/.../buy',
    '/open/%2fbuy',
    '/open/..%2fbuy',
    '/open/..%5Cbuy',
    '/open/..\\buy',
    '/open/%252e%252e/buy',
    '/open/%252fbuy',
    '/open/%00',
    '/open/%0d%0ax',
    '/open/%7f',
    '/open/%c0%ae%c0%ae/buy',
    '/open/%ff',
    '/open/%zz',
    '/open/%',
    '/open/%EF%BC%8E%EF%BC%8E/buy', // full-width dots
    '/open/%EF%BC%8Fbuy', // a full-width slash
    '/open/a b',
    '/open/a#b',
    '/open/é',
    '/open/<x>',
  ])('%s is not', (path) => expect(spellingFault(path)).toMatch(/plainly/));
});

describe('the spelling of a query', () => {
  it.each(['', '?', '?a=b&c=/../%2f&d=http://e//f', "?q='x'"])('%s is plain', (search) => expect(searchFault(search)).toBeUndefined());
  it.each(['?a#b', '?a b', '?é', '?a"b', '?a\tb'])('%s is not', (search) => expect(searchFault(search)).toMatch(/visible/));
});
