import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { CannotGoOn } from '../engines/engines.ts';
import { openMemberFile } from './member-file.ts';

const folders = temporaryFolders();
afterAll(folders.remove);
const ada = { memberId: '1', email: 'ada@example.com', accessToken: 'secret' };

describe('the file of seeded members', () => {
  it('has a line a member, for its owner alone to read', () => {
    const path = join(folders.make(), 'members.ndjson');
    const file = openMemberFile(path);
    file.add([ada]);
    file.close();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(ada);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not written over unless that is asked for, and then is its owner’s alone, whatever was there', () => {
    const path = join(folders.make(), 'members.ndjson');
    writeFileSync(path, 'something that took a day', { mode: 0o644 });
    expect(() => openMemberFile(path)).toThrow(CannotGoOn);
    expect(readFileSync(path, 'utf8')).toBe('something that took a day');

    const file = openMemberFile(path, { force: true });
    file.add([ada]);
    file.close();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(ada);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says so when there is no such folder', () => {
    expect(() => openMemberFile(join(folders.make(), 'no', 'members.ndjson'))).toThrow(/cannot be written \(ENOENT\)/);
  });
});
