import { randomUUID } from 'node:crypto';

export type NewId = () => string;
export interface Clock {
  now(): Date;
}

/** The process's own clock. Rules take a `Clock`, so that tests can hold time still. */
export const systemClock: Clock = { now: () => new Date() };

const HEX = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562) in canonical form: 48 bits of milliseconds, then a counter of 12 bits (method 1 of section 6.2), then 62 random bits.
 * Ids made by one process rise strictly, so that they can be a cursor.
 */
export const newId: NewId = () => {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const ms = lastMs.toString(16).padStart(12, '0');
  const random = randomUUID().slice(19); // the variant and 62 bits, which Node draws for 128 UUIDs at once
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${random}`;
};

/** The 16 bytes that BINARY(16) columns hold. @throws TypeError when it is not a UUID */
export const idToBytes = (id: string): Buffer => {
  if (!HEX.test(id)) throw new TypeError('not a UUID');
  return Buffer.from(id.replaceAll('-', ''), 'hex');
};

/** Back to canonical form. @throws TypeError when it is not 16 bytes */
export const bytesToId = (bytes: Uint8Array): string => {
  if (bytes.length !== 16) throw new TypeError('a UUID has 16 bytes');
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
