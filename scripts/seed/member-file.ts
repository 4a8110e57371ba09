import { closeSync, openSync, writeSync } from 'node:fs';

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

/** A file of one JSON line a member, begun anew. Its owner alone may read it: whoever has an access token is that member. */
export function openMemberFile(path: string): MemberFile {
  const file = openSync(path, 'w', 0o600);
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
