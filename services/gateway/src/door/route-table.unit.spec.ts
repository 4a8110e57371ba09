import { pathOf, routes, type RouteSpec } from '@onsale/contracts';
import { describe, expect, it } from '@jest/globals';
import { createRouteTable } from './route-table.ts';

const table = createRouteTable(routes);
const publicRoutes = Object.entries(routes).filter(([, spec]) => spec.auth !== 'gateway');
const internalRoutes = Object.entries(routes).filter(([, spec]) => spec.auth === 'gateway');
const filled = (spec: RouteSpec): string => pathOf(spec).replaceAll(/\{\w+\}/g, 'x%20y');
const { listConcerts } = routes;

describe('the route table', () => {
  it.each(publicRoutes)('finds %s, and makes its path anew', (name, spec) => {
    const match = table.match(spec.method, filled(spec));
    expect(match).toMatchObject({ kind: 'found', entry: { name }, path: filled(spec) });
    expect(match.kind === 'found' && Object.values(match.params).every((value) => value === 'x y')).toBe(true);
  });

  it.each(internalRoutes)('does not know %s, which is between services', (_name, spec) => {
    expect(table.match(spec.method, filled(spec))).toEqual({ kind: 'unknown' });
    expect(table.match(spec.method, `/api/v1${spec.path}`)).toEqual({ kind: 'unknown' });
  });

  it.each([
    '',
    '*',
    '/',
    '/api/v1',
    '/api/v1/',
    '/api/v1/concerts/',
    '//api/v1/concerts',
    '/api//v1/concerts',
    '/API/v1/concerts',
    '/api/v1/%63oncerts',
    '/api/v1/concerts/..',
    '/api/v1/concerts/%2e%2e',
    '/api/v1/concerts/%2E/dates',
    '/api/v1/concerts/%E0%A4%A',
    '/api/v1/../internal/jwks',
    '/internal/tokens/check',
    'http://elsewhere/api/v1/concerts',
  ])('knows nothing at %j', (path) => {
    expect(table.match('GET', path)).toEqual({ kind: 'unknown' });
  });

  it('keeps a slash that was hidden in a parameter hidden', () => {
    expect(table.match('GET', '/api/v1/concerts/..%2f..%2Finternal%3Fx%23')).toMatchObject({
      kind: 'found',
      params: { id: '../../internal?x#' },
      path: '/api/v1/concerts/..%2F..%2Finternal%3Fx%23',
    });
  });

  it('prefers words to parameters', () => {
    expect(table.match('GET', '/api/v1/members/me/wallet')).toMatchObject({ entry: { name: 'readWallet' } });
    expect(table.match('POST', '/api/v1/sessions/refresh')).toMatchObject({ entry: { name: 'refreshSession' } });
  });

  it('names the methods that a path takes, HEAD beside GET', () => {
    expect(table.match('PUT', '/api/v1/reservations/1')).toEqual({ kind: 'wrong-method', allow: ['GET', 'HEAD', 'DELETE'] });
    expect(table.match('HEAD', '/api/v1/concerts')).toMatchObject({ kind: 'found', entry: { name: 'listConcerts' } });
    expect(table.match('HEAD', '/api/v1/payments')).toMatchObject({ kind: 'wrong-method' });
  });

  it('refuses two routes that it cannot tell apart', () => {
    expect(() => createRouteTable({ listConcerts: listConcerts!, again: { ...listConcerts! } })).toThrow(/same to a router/);
  });
});
