import { describe, expect, it } from '@jest/globals';
import { withTrace } from '../tracing/index.ts';
import { createLog } from './index.ts';

const capture = () => {
  const lines: string[] = [];
  return { lines, log: createLog({ service: 'test', out: { write: (line: string) => void lines.push(line) } }) };
};

describe('createLog', () => {
  it('says which service and which trace a line belongs to', () => {
    const { lines, log } = capture();
    withTrace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', () => log.info('hello'), 'r1');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'info',
      service: 'test',
      msg: 'hello',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      requestId: 'r1',
    });
  });

  it('cuts credentials out', () => {
    const { lines, log } = capture();
    log.info({ headers: { authorization: 'Bearer s3cret' }, password: 's3cret' }, 'in');
    expect(lines[0]).not.toContain('s3cret');
  });
});
