import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a number in a line is: signed, so that the line can be rebuilt from the tokens of those who stand in it. */
export interface QueueTokenPayload {
  readonly queueId: string;
  /** The origin of the queue's numbers, in milliseconds since 1970; void for a queue with another. Which of the queue's epochs a token is of, its number says. */
  readonly epoch: number;
  readonly number: number;
  readonly lane: string;
  /** `memberHash` of the member it was issued to. */
  readonly member: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

export interface QueueTokenSecret {
  readonly kid: string;
  readonly secret: string;
}

const VERSION = '1';
/** Longer than any token of ours; nothing longer is worth a hash. */
const MAX_LENGTH = 300;

/** 22 characters of base64url (128 bits of SHA-256): enough to tell members apart, not enough to name one. */
export const memberHash = (memberId: string): string => createHash('sha256').update(memberId).digest('base64url').slice(0, 22);

/**
 * `1.<kid>.<payload>.<HMAC-SHA256>`, fields of the payload joined by `~`. The first secret signs, all of them verify, so that secrets are
 * changed by putting a new one first and dropping the old one a token's life later.
 */
export const createQueueTokenCodec = ({ secrets }: { secrets: readonly QueueTokenSecret[] }) => {
  const [first] = secrets;
  if (first === undefined) throw new Error('no secret to sign queue tokens with');
  const secretOf = new Map(secrets.map(({ kid, secret }) => [kid, secret]));
  const mac = (signed: string, secret: string): Buffer => createHmac('sha256', secret).update(signed).digest();

  return {
    sign: ({ queueId, epoch, number, lane, member, issuedAt }: QueueTokenPayload): string => {
      const payload = [queueId, epoch.toString(36), number.toString(36), lane, member, issuedAt.toString(36)].join('~');
      const signed = `${VERSION}.${first.kid}.${payload}`;
      return `${signed}.${mac(signed, first.secret).toString('base64url')}`;
    },

    /** `undefined` for anything that we did not sign. */
    verify: (token: string): QueueTokenPayload | undefined => {
      if (token.length > MAX_LENGTH) return undefined;
      const [version, kid, payload, signature, ...rest] = token.split('.');
      const secret = kid === undefined ? undefined : secretOf.get(kid);
      if (version !== VERSION || secret === undefined || payload === undefined || signature === undefined || rest.length > 0)
        return undefined;
      const expected = mac(`${VERSION}.${kid}.${payload}`, secret);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected) || given.toString('base64url') !== signature)
        return undefined;
      const [queueId, epoch, number, lane, member, issuedAt] = payload.split('~');
      if (
        queueId === undefined ||
        epoch === undefined ||
        number === undefined ||
        lane === undefined ||
        member === undefined ||
        issuedAt === undefined
      )
        return undefined;
      return { queueId, epoch: parseInt(epoch, 36), number: parseInt(number, 36), lane, member, issuedAt: parseInt(issuedAt, 36) };
    },
  };
};

export type QueueTokenCodec = ReturnType<typeof createQueueTokenCodec>;
