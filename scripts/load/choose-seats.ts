import type { Seat } from '@onsale/contracts/reservation';

interface ChooseSeatsOptions {
  readonly seats: readonly Pick<Seat, 'id' | 'status'>[];
  readonly count: number;
  /** How many of the first free seats anybody wants: the fewer, the more members want the same. */
  readonly favourites: number;
  /** From [0, 1). */
  readonly random: () => number;
}

/** Ids of free seats, any of the best ones; fewer than `count` are not enough for this member, so that there are none. */
export const chooseSeats = ({ seats, count, favourites, random }: ChooseSeatsOptions): string[] => {
  const free = seats.filter(({ status }) => status === 'AVAILABLE').map(({ id }) => id);
  if (free.length < count) return [];
  const wanted = free.slice(0, Math.max(count, favourites));
  return Array.from({ length: count }, () => wanted.splice(Math.floor(random() * wanted.length), 1)[0]!);
};
