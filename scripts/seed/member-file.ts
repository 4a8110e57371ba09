import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { CannotGoOn } from '../engines/engines.ts';

export interface SeededMember {
  memberId: string;
  email: string;
  accessToken: string;
}

export interface MemberFile {
  add: (members: SeededMember[]) => void;
  count(): number;
  close(): void;
}

/**
 * A file of one JSON line a member. Its owner alone may read it: whoever has an access token is that member.
 * @throws CannotGoOn when it is there already and is not to be written over, or cannot be written
 */
export function openMemberFile(path: string, { force = false } = {}): MemberFile {
  const file = open(path, force);
  let count = 0;
  return {
    add: (members) => {
      writeSync(file, members.map((member) => `${JSON.stringify(member)}\n`).join(''));
      count += members.length;
    },
    count: () => count,
    close: () => closeSync(file),
  };
}

function open(path: string, force: boolean): number {
  try {
    const file = openSync(path, force ? 'w' : 'wx', 0o600);
    if (fstatSync(file).isFile()) fchmodSync(file, 0o600); // the mode above counts for new files alone
    return file;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'is there already: name another file, or add --force' : `cannot be written (${code})`;
    throw new CannotGoOn(`${path} ${why}`);
  }
}
