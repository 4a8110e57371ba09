import type { Connection, QueryError, QueryOptions } from 'mysql2';

/** mysql2 puts the statement on its errors with the values filled in: password hashes and members' data, which end in the log. */
const withoutItsStatement = <E>(error: E): E => {
  if (typeof error === 'object' && error !== null && 'sql' in error) delete error.sql;
  return error;
};

type Done = (error: QueryError | null, ...answer: unknown[]) => void;
type Query = (options: QueryOptions, values: unknown, done?: Done) => unknown;

const silence = (ms: number): QueryError =>
  Object.assign(new Error(`the engine has not answered for ${ms} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true });

/**
 * mysql2 has no deadline for all queries of a connection, and its deadline for one leaves the connection in the middle of an answer. Here a
 * connection that owes an answer and sends none for `ms` is closed, and what waits for it fails. (A stream's reader sets its own deadline.)
 */
export const closeWhenSilent = (connection: Connection, ms: number): void => {
  const query = connection.query.bind(connection) as Query;
  const waiting = new Set<Done>();
  let timer: NodeJS.Timeout | undefined;

  const giveUp = (): void => {
    connection.destroy();
    const all = [...waiting];
    waiting.clear();
    for (const done of all) done(silence(ms));
  };
  const watch = (): void => {
    clearTimeout(timer);
    timer = waiting.size === 0 ? undefined : setTimeout(giveUp, ms);
  };
  const watched: Query = (options, values, done) => {
    if (done === undefined) return query(options, values);
    waiting.add(done);
    if (waiting.size === 1) watch();
    return query(options, values, (error, ...answer) => {
      if (!waiting.delete(done)) return;
      watch();
      done(withoutItsStatement(error), ...answer);
    });
  };
  connection.query = watched as typeof connection.query;
};
