import { parseArgs } from 'node:util';
import { CannotGoOn } from '../engines/engines.ts';

export interface DrawOptions {
  readonly queueId: string;
  /** Of a gateway; without it, that of the fleet that `npm start` runs here. */
  readonly url?: string;
  readonly notedHash?: string;
}

export const drawUsage = `usage: npm run queue:verify-draw -- QUEUE [--url URL] [--hash HASH]
  QUEUE         the id of a queue that has opened
  --url URL     a gateway; that of the fleet which npm start runs here unless said
  --hash HASH   the seed's hash as you noted it before the opening; else the one that is shown now counts
  Exit code 0 when the draw holds, 1 when it does not, 2 when that cannot be said (yet).`;

/** @throws CannotGoOn with the usage when the arguments are not understood */
export const readDrawOptions = (args: string[]): DrawOptions => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { url: { type: 'string' }, hash: { type: 'string' } },
    });
    const [queueId, ...rest] = positionals;
    const { url, hash } = values;
    if (queueId === undefined || rest.length > 0) throw new RangeError('which queue: one id');
    if (!/^[a-z0-9-]{1,40}$/.test(queueId)) throw new RangeError('a queue id has lower-case letters, digits and hyphens, at most 40');
    if (url !== undefined && (!/^https?:\/\//.test(url) || !URL.canParse(url)))
      throw new RangeError('--url is an address like http://127.0.0.1:8080');
    if (hash !== undefined && !/^[0-9a-fA-F]{64}$/.test(hash)) throw new RangeError('--hash is 64 hexadecimal digits');
    return { queueId, ...(url !== undefined && { url: new URL(url).origin }), ...(hash !== undefined && { notedHash: hash }) };
  } catch (error) {
    throw new CannotGoOn(`${(error as Error).message}\n${drawUsage}`);
  }
};
