import { describe, expect, it } from '@jest/globals';
import { logLevel } from 'kafkajs';
import { captureLog } from '../testing/index.ts';
import { kafkajsLog } from './kafkajs-log.ts';

const said = (...entries: { level: logLevel; message: string; error?: string }[]): unknown[] => {
  const logs = captureLog();
  const write = kafkajsLog(logs.log)(logLevel.INFO);
  for (const { level, ...log } of entries)
    write({ level, namespace: 'Connection', label: '', log: { timestamp: '', logger: 'kafkajs', ...log } });
  return logs.lines().map((line) => `${String(line['level'])} ${String(line['msg'])}`);
};

describe('what kafkajs says', () => {
  it('is never an error of ours, as it tries again', () => {
    expect(said({ level: logLevel.ERROR, message: 'Connection timeout' })).toEqual(['warn Connection timeout']);
  });

  it('is not worth a line when it is the first look-up of a coordinator', () => {
    const lookUp = {
      level: logLevel.ERROR,
      message: 'Response GroupCoordinator(key: 10, version: 2)',
      error: 'The group coordinator is not available',
    };
    expect(said(lookUp)).toEqual([`debug ${lookUp.message}`]);
  });

  it('is said once while it goes on', () => {
    const refused = { level: logLevel.ERROR, message: 'connect ECONNREFUSED' };
    expect(said(refused, refused, refused)).toEqual([
      'warn connect ECONNREFUSED',
      'debug connect ECONNREFUSED',
      'debug connect ECONNREFUSED',
    ]);
  });
});
