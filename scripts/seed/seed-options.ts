import { parseArgs } from 'node:util';
import { CannotGoOn } from '../engines/engines.ts';

export interface SeedOptions {
  count: number;
  out: string;
  /** Whether a file that is there is written over. */
  force: boolean;
  /** In each wallet; 0 makes none. */
  points: number;
  tokenLifeSeconds: number;
  /** A gateway to sign up at; without it rows go straight into the fleet of `npm start`. */
  url?: string;
}

export const seedUsage = `usage: npm run seed -- members --count N --out FILE [--force] [--points P] [--token-life SECONDS | --url URL]
  --count N              how many members, at most 1,000,000
  --out FILE             one JSON line a member: memberId, email, accessToken
  --force                writes over FILE where it is there already
  --points P             a wallet with so many points for each
  --token-life SECONDS   of the access tokens; a day unless said here. A sign-out counts for the first 15 minutes of it alone
  --url URL              signs up and in at the gateway there, as a client would; without it, rows go into the fleet that npm start runs here`;

const aDay = 86_400;
const mostMembers = 1_000_000;

/** @throws CannotGoOn with the usage when the arguments are not understood */
export function parseSeedOptions(args: string[]): SeedOptions {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        count: { type: 'string' },
        out: { type: 'string' },
        force: { type: 'boolean', default: false },
        points: { type: 'string' },
        'token-life': { type: 'string' },
        url: { type: 'string' },
      },
    });
    const { count, out, force, points = '0', 'token-life': tokenLife, url } = values;
    if (positionals.length !== 1 || positionals[0] !== 'members') throw new RangeError('what to seed: members');
    if (out === undefined || out === '') throw new RangeError('--out is needed');
    if (url !== undefined && tokenLife !== undefined) throw new RangeError('--token-life is not ours to say at --url');
    return {
      count: whole('--count', count, 1, mostMembers),
      out,
      force,
      points: whole('--points', points, 0, Number.MAX_SAFE_INTEGER),
      tokenLifeSeconds: whole('--token-life', tokenLife ?? String(aDay), 1, 366 * aDay),
      ...(url === undefined ? {} : { url: originOf(url) }),
    };
  } catch (error) {
    throw new CannotGoOn(`${(error as Error).message}\n${seedUsage}`);
  }
}

function whole(name: string, text: string | undefined, min: number, max: number): number {
  const value = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || value < min || value > max)
    throw new RangeError(`${name} is a whole number from ${min} to ${max}`);
  return value;
}

function originOf(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new RangeError('--url is an address like http://127.0.0.1:8080');
  return new URL(text).origin;
}
