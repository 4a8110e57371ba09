import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { CannotGoOn } from '../engines/engines.ts';
import { runningFleet } from './running-fleet.ts';

const folders = temporaryFolders();
afterAll(folders.remove);
const path = join(folders.make(), 'run.json');
const looksFor = () => runningFleet({ path, otherwise: 'look elsewhere' });

describe('the fleet of this checkout', () => {
  it('is none where nothing was started: what else can be done is said', () => {
    expect(looksFor).toThrow(CannotGoOn);
    expect(looksFor).toThrow('no fleet runs here: begin with `npm start` in another terminal, or look elsewhere');
  });

  it('is the one that its file tells of, as long as its process lives', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, namespace: 'onsale' }));
    expect(looksFor()).toMatchObject({ namespace: 'onsale' });
    writeFileSync(path, JSON.stringify({ pid: 2 ** 30, namespace: 'onsale' }));
    expect(looksFor).toThrow(CannotGoOn);
  });
});
