import { isIP } from 'node:net';

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));

/** The first four groups: what a provider gives to one customer, who can take any address in it. */
const networkOf = (address: string): string => {
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const given = before.length + after.length + (address.includes('.') ? 1 : 0);
  const groups = [...before, ...Array.from({ length: Math.max(0, 8 - given) }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
};

/** What an address counts as for rate limits: an IPv4 address itself, an IPv6 address by its /64; what is no address shares one place. */
export const addressKey = (address: string | undefined): string => {
  const bare = (address ?? '').replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
  switch (isIP(mapped)) {
    case 4:
      return mapped;
    case 6:
      return networkOf(mapped);
    default:
      return 'unknown';
  }
};
