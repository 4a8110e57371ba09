import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES, OF_REQUESTS } from '../kit/crash-suite.ts';
import { startOrderLoad } from '../kit/order-load.ts';

crashSuite(
  'an order and its cancellation',
  [
    ...cellsOf('commerce', ['POST /orders', 'POST /orders/{id}/cancellation'], OF_REQUESTS),
    ...cellsOf('commerce', ['debit:do', 'refund:do'], AFTER_PUBLISH),
    ...cellsOf('commerce', ['reply:debit:do', 'reply:refund:do'], OF_MESSAGES),
    ...cellsOf('payment', ['debit:do', 'refund:do'], OF_MESSAGES),
    ...cellsOf('payment', ['reply:debit:do', 'reply:refund:do'], AFTER_PUBLISH),
  ],
  startOrderLoad,
);
