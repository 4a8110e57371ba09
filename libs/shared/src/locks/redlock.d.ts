/** redlock 5.0.0-beta.2 ships types, but its `exports` hide them. This is what we use of them. */
declare module 'redlock' {
  /** All that redlock asks of a client. */
  export interface RedlockClient {
    evalsha(hash: string, keyCount: number, keysAndArguments: (string | number)[]): Promise<unknown>;
    eval(script: string, keyCount: number, keysAndArguments: (string | number)[]): Promise<unknown>;
  }
  export interface ExecutionStats {
    readonly votesAgainst: ReadonlyMap<RedlockClient, Error>;
  }
  /** Somebody else holds at least one of the keys. */
  export class ResourceLockedError extends Error {}
  /** An operation got no quorum; the votes say why. */
  export class ExecutionError extends Error {
    readonly attempts: readonly Promise<ExecutionStats>[];
  }
  export class Lock {
    release(): Promise<unknown>;
  }
  export default class Redlock {
    constructor(clients: Iterable<RedlockClient>, settings?: { retryCount?: number; retryDelay?: number; retryJitter?: number });
    acquire(resources: string[], durationMs: number): Promise<Lock>;
  }
}
