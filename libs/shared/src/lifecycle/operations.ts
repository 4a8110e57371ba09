import type { RequestListener } from 'node:http';
import { notFound } from '../errors/index.ts';
import { refusalOf, sendProblem } from '../http/problem.ts'; // its index brings idempotency, whose purge is a part of ours
import { newId } from '../ids/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';

interface OperationsOptions {
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether the service takes requests: not before it listens, nor while it stops. */
  readonly serving: () => boolean;
}

const CHECK_DEADLINE_MS = 2000;

const inTime = (check: () => Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`no answer in ${CHECK_DEADLINE_MS} ms`)), CHECK_DEADLINE_MS);
    check()
      .then(resolve, reject)
      .finally(() => clearTimeout(deadline));
  });

/** The operations port: `/healthz` says that the event loop turns, `/readyz` asks every engine, `/metrics` is for Prometheus. All else is a problem. */
export const operations = ({ checks, metrics, log, serving }: OperationsOptions): RequestListener => {
  const ready = async () => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await inTime(check);
          return [name, 'ok'] as const;
        } catch (error) {
          log.warn({ err: error, check: name }, 'not ready');
          return [name, 'away'] as const;
        }
      }),
    );
    const ok = serving() && results.every(([, state]) => state === 'ok');
    return { ok, body: { ready: ok, serving: serving(), checks: Object.fromEntries(results) } };
  };

  const answer = async (path: string | undefined): Promise<{ status: number; type: string; body: string }> => {
    switch (path) {
      case '/healthz':
        return { status: 200, type: 'application/json', body: '{"alive":true}' };
      case '/readyz': {
        const { ok, body } = await ready();
        return { status: ok ? 200 : 503, type: 'application/json', body: JSON.stringify(body) };
      }
      case '/metrics':
        return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
      default:
        throw notFound('page');
    }
  };

  return (req, res) => {
    answer(req.url?.split('?')[0]).then(
      ({ status, type, body }) => res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
      (error: unknown) => {
        const refusal = refusalOf(error);
        const requestId = newId();
        if (refusal.code !== 'NOT_FOUND') log.error({ err: error, requestId }, 'operations port');
        sendProblem(res, refusal, requestId);
      },
    );
  };
};
