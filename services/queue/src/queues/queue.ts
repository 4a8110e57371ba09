import type { QueueState } from '@onsale/contracts/queue';
import type { Opening } from '../opening/opening.ts';

/** What an operator may set of a queue. `undefined`: no such limit. */
export interface QueueSettings {
  /** Admitted at once, at most; without one everybody is admitted. */
  readonly cap: number | undefined;
  readonly admitPerSecond: number | undefined;
  /** In the room (waiting, passed over and admitted) at most. */
  readonly capacity: number | undefined;
  /** How long an admission lasts. */
  readonly windowSeconds: number;
  /** A waiter near the head who has not been seen for so long is passed over. */
  readonly abandonAfterSeconds: number;
  /** An admission whose owner never came for so long is ended, and its slot given on; without one, none is. */
  readonly noShowAfterSeconds: number | undefined;
  /** `requeue`: who shows an expired place has a new one from that moment; `end`: who asks for one. */
  readonly onExpiry: 'end' | 'requeue';
  /** Longest wait of a token. */
  readonly tokenLifeSeconds: number;
  readonly maxPollSeconds: number;
  /** Beside the standard one, which is there without being named; a name stands here once. */
  readonly lanes: readonly { readonly name: string; readonly weight: number }[];
  readonly message: string | undefined;
}

/** A waiting room as the database has it. */
export interface QueueDefinition extends QueueSettings {
  readonly id: string;
  /** As its operator set it; `stateOf` tells the one that holds. */
  readonly state: Exclude<QueueState, 'PREQUEUE'>;
  /** Without one it is open from the start. */
  readonly opening: Opening | undefined;
  /** Origin of its numbers, in milliseconds since 1970; never changes. */
  readonly epoch: number;
  /** Its operator has ended so many times all that it had given out (`endEpoch`). */
  readonly epochsEnded: number;
  /** Of the epoch that began then: lower numbers are void. */
  readonly firstNumber: number;
  /** The life of its line in Redis; 0 until it has had one. */
  readonly generation: number;
  readonly createdAt: Date;
  /** After its line was lost: nobody is admitted until whoever waited has had time to come back (`watchRest`). */
  readonly resting: boolean;
}
