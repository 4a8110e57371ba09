/** What mysql2 puts on its errors: the engine's number, or the name of a failure on this side of the wire. */
interface DatabaseError {
  readonly errno?: number;
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly fatal?: boolean;
}

const asDatabaseError = (error: unknown): DatabaseError => (typeof error === 'object' && error !== null ? error : {});

/** 1205 lock wait timeout, 1213 deadlock, 1020 record changed (MariaDB 11.6 and newer): the whole transaction may be tried again. */
const RETRIABLE = new Set([1205, 1213, 1020]);
/** The engine has already rolled back the whole transaction, not only the statement. */
const ROLLED_BACK = new Set([1213, 1020]);
/** 1969 max_statement_time (MariaDB), 3024 max_execution_time (MySQL). */
const INTERRUPTED = new Set([1969, 3024]);
/** 1040 too many connections, 1053 shutting down, 1077/1079 ended, 1152/1158-1161 network, 1290/1836 read only (failing over), 1317 killed, 1927 connection killed, 4031 idle too long. */
const AWAY_NUMBERS = new Set([1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1290, 1317, 1836, 1927, 4031]);
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** A unique key was violated (1062). */
export const isDuplicate = (error: unknown): boolean => asDatabaseError(error).errno === 1062;

/** A lock was not had within the engine's wait (1205); only the statement was undone. */
export const isLockWait = (error: unknown): boolean => asDatabaseError(error).errno === 1205;

/** The transaction lost against another one, and may be tried again as a whole. */
export const isRetriable = (error: unknown): boolean => RETRIABLE.has(asDatabaseError(error).errno ?? 0);

/** The transaction no longer exists: what follows on its connection would be committed statement by statement. */
export const endsTransaction = (error: unknown): boolean => ROLLED_BACK.has(asDatabaseError(error).errno ?? 0);

/** The engine interrupted a statement at its deadline; only that statement was undone. */
export const isStatementTimeout = (error: unknown): boolean => INTERRUPTED.has(asDatabaseError(error).errno ?? 0);

/** No connection of the pool became free in time: this process has too much to do, or the engine does not answer. */
export const isOverloaded = (error: unknown): boolean => asDatabaseError(error).name === 'KnexTimeoutError';

/** The engine cannot be reached, does not answer, or is going away. Whether a COMMIT under way was done is then unknown. */
export const isEngineAway = (error: unknown): boolean => {
  const { errno, code, fatal } = asDatabaseError(error);
  return AWAY_NUMBERS.has(errno ?? 0) || AWAY_CODES.has(code ?? '') || (fatal === true && errno === undefined);
};
