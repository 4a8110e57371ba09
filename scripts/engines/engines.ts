/** What the fleet needs to run, and how it came by it. The order in which the modes are tried stands in choose.ts. */
export type EngineMode = 'external' | 'docker' | 'native';
export const engineNames = ['mysql', 'redis', 'kafka'] as const;
export type EngineName = (typeof engineNames)[number];

/** One engine that can be stopped, killed and started again by itself, on the same port and with its data. */
export interface Engine {
  readonly name: EngineName;
  /** Starts it, or adopts the one that an earlier run of this home left running; ready when it settles. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** SIGKILL, or the nearest thing to it. */
  kill: () => Promise<void>;
  /** Of the process that runs now, as this machine counts it. */
  pid: () => Promise<number | undefined>;
  /** Hears of its end, each time that it ends without being told to. Absent where something else keeps it running. */
  onDied?: (listener: (how: string) => void) => void;
  /** A few words for the step line, such as `port 13306`. */
  note: () => string;
}

export interface Engines {
  mode: EngineMode;
  /** An account that may create schemas and users. */
  mysqlUrl: string;
  redisUrl: string;
  kafkaBrokers: string;
  /** Each engine by itself; absent when they are external. */
  units?: Record<EngineName, Engine>;
  /** Stops what was started, and only that. */
  stop: () => Promise<void>;
}

/** Tells the person in front what takes its time. */
export type Say = (text: string) => void;

/** A reason that the person in front can do something about: printed without a stack. */
export class CannotGoOn extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotGoOn';
  }
}
