import { Refusal } from '@onsale/shared/errors';

interface PlacesOptions {
  /** Streams of this process. */
  readonly most: number;
  /** Of one member among them: tabs and devices. */
  readonly mostOfMember: number;
}

const FULL_RETRY_SECONDS = 5;

/** Counts the streams that are open or about to be, so that a crowd at the door cannot become more than there is room for. */
export const createPlaces = ({ most, mostOfMember }: PlacesOptions) => {
  const ofMember = new Map<string, number>();
  let taken = 0;
  return {
    /** @returns how to give it back, once. @throws Refusal OVERLOADED, RATE_LIMITED */
    take: (memberId: string): (() => void) => {
      const own = ofMember.get(memberId) ?? 0;
      if (own >= mostOfMember)
        throw new Refusal('RATE_LIMITED', `You have ${own} streams open. Close one, or ask for your status.`, {
          retryAfterSeconds: FULL_RETRY_SECONDS,
        });
      if (taken >= most)
        throw new Refusal('OVERLOADED', 'There is no room for another stream. Ask for your status, and try again later.', {
          retryAfterSeconds: FULL_RETRY_SECONDS,
        });
      taken += 1;
      ofMember.set(memberId, own + 1);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        taken -= 1;
        const left = ofMember.get(memberId)! - 1;
        if (left === 0) ofMember.delete(memberId);
        else ofMember.set(memberId, left);
      };
    },
  };
};
