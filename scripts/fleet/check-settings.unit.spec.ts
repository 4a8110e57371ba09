import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { CannotGoOn } from '../engines/engines.ts';
import { developmentKeys } from '../keys/development-keys.ts';
import { checkSettings } from './check-settings.ts';

const folders = temporaryFolders();
afterAll(folders.remove);
const keys = developmentKeys(folders.make());
const check = (all: Record<string, string>) => () => checkSettings({ settings: { all }, keys });

describe('the settings of a fleet', () => {
  it('are let through when every service can read them', () => {
    expect(check({})).not.toThrow();
    expect(check({ ONSALE_HOLD_SECONDS: '10', ONSALE_LOG_LEVEL: 'debug', ONSALE_NOT_OURS: 'x' })).not.toThrow();
  });

  it('are refused in plain lines, each wrong one once, however many services read it', () => {
    const wrong = check({ ONSALE_HOLD_SECONDS: 'abc', ONSALE_LOG_LEVEL: 'loud', ONSALE_SWEEP_MS: '5' });
    expect(wrong).toThrow(CannotGoOn);
    expect(wrong).toThrow(
      [
        'wrong settings:',
        '  ONSALE_LOG_LEVEL: must be one of trace, debug, info, warn, error, silent (least severity that is logged)',
        '  ONSALE_HOLD_SECONDS: must be a number (how long seats are kept for a member who has not paid)',
        '  ONSALE_SWEEP_MS: must be at least 10 (milliseconds between sweeps for holds that have lapsed)',
      ].join('\n'),
    );
  });
});
