import { describe, expect, it } from '@jest/globals';
import { upstreamHeaders } from './request-headers.ts';

const vouched = { principal: 'jwt', requestId: 'id', traceparent: '00-1-2-01' };
const ours = { 'x-onsale-principal': 'jwt', 'x-request-id': 'id', traceparent: '00-1-2-01' };

describe('the headers of a request to a service', () => {
  it('are the client’s own, and ours', () => {
    const given = {
      accept: '*/*',
      'content-type': 'application/json',
      'content-length': '2',
      'if-none-match': '"1"',
      'idempotency-key': 'k',
      prefer: 'wait=1',
    };
    expect(upstreamHeaders(given, vouched)).toEqual({ ...given, ...ours });
  });

  it('are without credentials, claims about the client, and whatever belongs to its connection', () => {
    const given = {
      authorization: 'Bearer x',
      cookie: 'a=b',
      'queue-token': 't',
      'x-onsale-principal': 'forged',
      'x-onsale-anything': 'forged',
      'x-request-id': 'forged',
      traceparent: 'given',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil',
      forwarded: 'for=1.2.3.4',
      host: 'evil',
      expect: '100-continue',
      connection: 'keep-alive, X-Private',
      'x-private': '1',
      'keep-alive': 'timeout=5',
      te: 'trailers',
      trailer: 'x',
      upgrade: 'h2c',
      'proxy-authorization': 'Basic x',
    };
    expect(upstreamHeaders(given, vouched)).toEqual(ours);
  });

  it('cannot be had dropped by Connection', () => {
    const given = {
      connection: 'x-onsale-principal, x-request-id, traceparent, content-length, content-type',
      'content-length': '2',
      'content-type': 'application/json',
    };
    expect(upstreamHeaders(given, vouched)).toEqual({ ...ours, 'content-length': '2', 'content-type': 'application/json' });
  });

  it('say that the body is chunked where it was', () => {
    expect(upstreamHeaders({ 'transfer-encoding': 'Chunked' }, vouched)).toEqual({ ...ours, 'transfer-encoding': 'chunked' });
  });
});
