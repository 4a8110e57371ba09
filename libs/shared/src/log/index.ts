import { pino, type DestinationStream, type Logger } from 'pino';
import { currentTrace } from '../tracing/index.ts';

export type Log = Logger;

/** Whatever is named so, at the top or one level down, is a credential. */
const SECRETS = ['authorization', 'cookie', 'password', 'token', 'accessToken', 'refreshToken', 'secret', 'queueToken'];

/** JSON lines on standard output, with the service and the trace of the running request; credentials are cut out. */
export const createLog = ({ service, level = 'info', out }: { service: string; level?: string; out?: DestinationStream }): Log =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[cut]' },
      mixin: () => {
        const trace = currentTrace();
        return trace === undefined
          ? {}
          : { traceId: trace.traceId, ...(trace.requestId === undefined ? {} : { requestId: trace.requestId }) };
      },
      formatters: { level: (label) => ({ level: label }) },
    },
    ...(out === undefined ? [] : [out]),
  );
