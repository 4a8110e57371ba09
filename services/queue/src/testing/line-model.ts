import type { Ending } from '../places/place.ts';

export const LANES = ['standard', 'vip', 'gold'] as const;
export type Lane = (typeof LANES)[number];

/** A number, as its journal and as Redis have it. */
export interface Spot {
  readonly number: number;
  readonly member: string;
  /** Where it stands, or stood last. */
  lane: Lane;
  /** What Redis takes it for; `lost`: it knows nothing of it. */
  inRedis: 'waiting' | 'parked' | 'admitted' | 'ended' | 'lost';
  row: 'LIVE' | Ending | undefined;
  /** Redis was told of the row as it is. */
  told: boolean;
  wasAdmitted: boolean;
}

export type Standing = { state: 'WAITING'; position: number } | { state: 'ADMITTED' } | { state: 'ENDED'; ending: Ending };

const byNumber = (a: Spot, b: Spot): number => a.number - b.number;
const inLine = ({ inRedis }: Spot): boolean => inRedis === 'waiting' || inRedis === 'parked';

/**
 * What a line has to do, in plain words: lists and maps, one step at a time. Only which lane's turn it is, it does not know (`takeTurns` has tests of its
 * own); it says in which order each lane is admitted, and how many in all.
 */
export const createLineModel = () => {
  const spots = new Map<number, Spot>();
  /** The number that a member has, as far as Redis knows. */
  const owned = new Map<string, number>();
  const fronts = new Map<Lane, number>();
  const state = { cap: 2, whole: false, begun: false, resting: false };

  const all = (): Spot[] => [...spots.values()].sort(byNumber);
  const spotOf = (number: number): Spot => spots.get(number)!;
  const waitingIn = (lane: Lane): Spot[] => all().filter((spot) => spot.lane === lane && spot.inRedis === 'waiting');
  const inside = (): Spot[] => all().filter(({ row }) => row === 'LIVE');
  const end = (spot: Spot, ending: Ending): void => {
    spot.row = ending;
    spot.told = false;
  };

  /** Redis is told of a row; answers with the place that gave way to it. */
  const tellOne = (spot: Spot): Spot | undefined => {
    const { number, member } = spot;
    if (spot.row !== 'LIVE') {
      spot.inRedis = 'ended';
      if (owned.get(member) === number) owned.delete(member);
      return undefined;
    }
    spot.inRedis = 'admitted';
    const other = spots.get(owned.get(member) ?? number)!;
    owned.set(member, number);
    if (other === spot || !inLine(other)) return undefined;
    other.inRedis = 'lost';
    return other;
  };

  const standingOf = (spot: Spot): Standing | undefined => {
    if (spot.inRedis === 'waiting') return { state: 'WAITING', position: waitingIn(spot.lane).indexOf(spot) + 1 };
    if (spot.inRedis === 'admitted') return { state: 'ADMITTED' };
    return spot.inRedis === 'ended' ? { state: 'ENDED', ending: spot.row as Ending } : undefined;
  };

  /** Who comes back stands at its own number again, and who has a grant by now in the granted lane. */
  const look = (spot: Spot, lane: Lane): Standing | undefined => {
    if (inLine(spot)) {
      spot.inRedis = 'waiting';
      if (spot.lane === 'standard') spot.lane = lane;
    }
    return standingOf(spot);
  };

  /** Another place of the member stays: the admitted one, else the lower. */
  const losesTo = ({ number }: Spot, other: Spot): boolean => other.inRedis === 'admitted' || (other.number < number && inLine(other));

  const putBack = (spot: Spot, lane: Lane): Standing => {
    const other = spots.get(owned.get(spot.member) ?? spot.number)!;
    if (other !== spot && losesTo(spot, other)) {
      end(spot, 'LEFT');
      tellOne(spot);
      return standingOf(spot)!;
    }
    Object.assign(spot, { inRedis: 'waiting', lane });
    owned.set(spot.member, spot.number);
    if (other !== spot && inLine(other)) {
      other.inRedis = 'lost';
      if (other.row === undefined) {
        end(other, 'LEFT');
        tellOne(other);
      }
    }
    return standingOf(spot)!;
  };

  /** The journal answers for who is not in Redis; who is in neither comes back. */
  const findLost = (spot: Spot, lane: Lane): Standing => {
    const passed = all().some(({ member, number, wasAdmitted }) => member === spot.member && wasAdmitted && number > spot.number);
    if (spot.row === undefined && passed) end(spot, 'LEFT');
    if (spot.row === undefined) return look(spot, lane) ?? putBack(spot, lane);
    tellOne(spot);
    return standingOf(spot)!;
  };

  const restore = (): void => {
    const left = all().some(inLine);
    for (const spot of all()) if (spot.inRedis === 'admitted') spot.inRedis = 'lost';
    for (const spot of inside()) tellOne(spot);
    if (left) for (const spot of all()) if (spot.row !== undefined && spot.row !== 'LIVE') tellOne(spot);
    Object.assign(state, { whole: true, begun: true, resting: state.begun });
  };

  return {
    state,
    spots,
    all,
    inside,
    waitingIn,
    parkedIn: (lane: Lane): Spot[] => all().filter((spot) => spot.lane === lane && spot.inRedis === 'parked'),
    restore,
    look: (number: number, lane: Lane): Standing =>
      (state.whole ? look(spotOf(number), lane) : undefined) ?? findLost(spotOf(number), lane),
    /** The place of a member who asks for one; `undefined`: it gets a new number. */
    enter: (member: string, lane: Lane): Spot | undefined => {
      if (!state.whole) restore();
      const spot = spots.get(owned.get(member) ?? 0);
      if (spot === undefined) return undefined;
      const { state: found } = look(spot, spot.lane) ?? findLost(spot, spot.lane);
      if (found === 'ENDED') owned.delete(member);
      else if (found === 'WAITING') look(spot, lane);
      return found === 'ENDED' ? undefined : spot;
    },
    add: (number: number, member: string, lane: Lane): Spot => {
      const spot: Spot = { number, member, lane, inRedis: 'waiting', row: undefined, told: true, wasAdmitted: false };
      spots.set(number, spot);
      owned.set(member, number);
      return spot;
    },
    leave: (number: number): void => {
      const spot = spotOf(number);
      if (spot.row !== undefined && spot.row !== 'LIVE') return;
      end(spot, 'LEFT');
      tellOne(spot);
    },
    /** The first end stays. */
    ends: (number: number, ending: Ending): void => {
      if (spotOf(number).row === 'LIVE') end(spotOf(number), ending);
    },
    tell: (): void => {
      const untold = all().filter(({ told }) => !told);
      const gaveWay = untold.map(tellOne);
      for (const spot of untold) spot.told = true;
      for (const spot of gaveWay) if (spot !== undefined && spot.row === undefined) end(spot, 'LEFT');
    },
    /** Who may come in now: how many, and of each lane in which order. Second places give way. */
    mayComeIn: (): { count: number; lanes: Map<Lane, Spot[]> } => {
      const room = state.resting ? 0 : Math.max(0, state.cap - inside().length);
      const first = LANES.flatMap((lane) => waitingIn(lane).slice(0, room));
      const taken = new Set(inside().map(({ member }) => member));
      const staying: Spot[] = [];
      for (const spot of first.toSorted(byNumber)) {
        if (spot.row !== undefined) tellOne(spot);
        else {
          if (taken.has(spot.member)) end(spot, 'LEFT');
          else staying.push(spot);
          taken.add(spot.member);
        }
      }
      return {
        count: Math.min(room, staying.length),
        lanes: new Map(LANES.map((lane) => [lane, staying.filter((spot) => spot.lane === lane)])),
      };
    },
    /** Answers whether it is late. */
    comesIn: (spot: Spot): boolean => {
      const late = spot.number < (fronts.get(spot.lane) ?? 0);
      fronts.set(spot.lane, Math.max(spot.number, fronts.get(spot.lane) ?? 0));
      Object.assign(spot, { row: 'LIVE', told: false, wasAdmitted: true });
      return late;
    },
    /** What Redis has now. */
    copy: () => ({ owned: new Map(owned), spots: all().map(({ number, lane, inRedis }) => ({ number, lane, inRedis })) }),
    /** Another run of Redis begins, with what it had at an earlier time, or with nothing. */
    loses: (kept: { owned: Map<string, number>; spots: Pick<Spot, 'number' | 'lane' | 'inRedis'>[] } | undefined): void => {
      state.whole = false;
      owned.clear();
      for (const spot of spots.values()) spot.inRedis = 'lost';
      for (const [member, number] of kept?.owned ?? []) owned.set(member, number);
      for (const { number, ...had } of kept?.spots ?? []) Object.assign(spotOf(number), had);
    },
  };
};

export type LineModel = ReturnType<typeof createLineModel>;
