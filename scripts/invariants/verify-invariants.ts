import { confirmLooks, runChecks, type Finding } from '@onsale/shared/invariants';
import { outboxChecks } from '@onsale/shared/outbox';
import { sagaChecks } from '@onsale/shared/saga';
import { accountChecks } from '../../services/commerce/src/accounts/account-checks.ts';
import { couponChecks } from '../../services/commerce/src/coupons/coupon-checks.ts';
import { counterLooks } from '../../services/commerce/src/coupons/counter-looks.ts';
import { orderChecks } from '../../services/commerce/src/orders/order-checks.ts';
import { ledgerChecks } from '../../services/payment/src/ledger/check-ledger.ts';
import { paymentChecks } from '../../services/payment/src/payments/payment-checks.ts';
import { lineLooks } from '../../services/queue/src/line/line-looks.ts';
import { journalChecks } from '../../services/queue/src/journal/journal-checks.ts';
import { seatChecks } from '../../services/reservation/src/seats/seat-checks.ts';
import type { Operation } from '../load/operations-journal.ts';
import { accountLooks } from './account-looks.ts';
import { deliveryLooks } from './delivery-looks.ts';
import { eventTrail } from './event-trail.ts';
import { operationLooks } from './operation-looks.ts';
import { orderLooks } from './order-looks.ts';
import { purchaseLooks } from './purchase-looks.ts';
import { reading, readServices, withStores, type StoresOptions } from './stores.ts';

export interface VerifyOptions extends StoresOptions {
  /** What a load client kept of its operations: I6, I12 and the clients' side of I10 are read from it. */
  readonly operations?: readonly Operation[];
  /** `host:port`, comma separated. With them the topics are read too: whether any event was lost (I8). */
  readonly kafkaBrokers?: string;
  /** When the last fault was healed; times of sagas, messages and holds count from then. */
  readonly healedAt?: Date;
  /** Seconds that a saga may take (I7). */
  readonly sagaSeconds?: number;
  /** Seconds that a message may be on its way (I8). */
  readonly messageSeconds?: number;
  /** How long something may contradict a sentence about several stores before it counts: they cannot be read in one moment. */
  readonly patienceMs?: number;
}

/** I7: every saga is terminal within 60 s of healing. */
const SAGA_SECONDS = 60;
/** Half of that: a saga whose message is lost is found before it is late. */
const MESSAGE_SECONDS = 30;
/** Longer than anything takes from one store to the next in a fleet that keeps up. */
const PATIENCE_MS = 10_000;

const inOrder = (a: Finding, b: Finding): number => Number(a.invariant.slice(1)) - Number(b.invariant.slice(1));

/**
 * Asks the stores of a fleet whether every invariant holds, as far as its data exists: one finding a sentence, by the invariants' numbers. It may run while the
 * fleet is under load: sentences about one schema are one statement each, which sees one moment; what contradicts one about several stores counts
 * when it does so for the whole of `patienceMs`. It reads, and writes nothing.
 * @throws StoreUnreadable when a store is missing or does not answer
 */
export const verifyInvariants = (options: VerifyOptions): Promise<Finding[]> => {
  const { healedAt, sagaSeconds = SAGA_SECONDS, messageSeconds = MESSAGE_SECONDS, patienceMs = PATIENCE_MS } = options;
  const since = healedAt === undefined ? {} : { healedAt };
  const messages = { withinSeconds: messageSeconds, ...since };
  const ownSagas = (service: 'payment' | 'commerce') =>
    sagaChecks({ withinSeconds: sagaSeconds, ...since }).map((check) => ({ ...check, says: `${service}: ${check.says}` }));
  const own = {
    payment: [...ledgerChecks, ...paymentChecks, ...ownSagas('payment')],
    reservation: seatChecks(since),
    queue: journalChecks,
    commerce: [...couponChecks, ...orderChecks, ...accountChecks, ...ownSagas('commerce')],
  };
  return withStores(options, async (stores) => {
    const findings: Finding[] = [];
    for (const service of readServices) {
      findings.push(...(await reading(service, () => runChecks(stores[service], own[service]))));
      const sent = await reading(service, () => runChecks(stores[service], outboxChecks(messages)));
      findings.push(...sent.map((finding) => ({ ...finding, says: `${service}: ${finding.says}` })));
    }
    const { queue, commerce, redis, namespace } = stores;
    const looks = [
      ...lineLooks({ db: queue, redis, namespace }),
      ...counterLooks({ db: commerce, redis, namespace }),
      ...purchaseLooks(stores),
      ...orderLooks(stores),
      ...deliveryLooks(stores, messages),
      ...accountLooks(stores, messages),
      ...(options.operations === undefined ? [] : operationLooks(stores, options.operations)),
    ];
    findings.push(...(await reading('several services', () => confirmLooks(looks, { patienceMs }))));
    if (options.kafkaBrokers !== undefined) findings.push(await eventTrail(stores, options.kafkaBrokers.split(',')));
    return findings.toSorted(inOrder);
  });
};
