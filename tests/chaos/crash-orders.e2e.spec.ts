import { ordersTakenBack } from '../kit/compensations.ts';
import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES, OF_REQUESTS } from '../kit/crash-suite.ts';
import { startOrderLoad } from '../kit/order-load.ts';

const takenBack = { nth: 1, meanwhile: ordersTakenBack, when: ', of an order that an operator takes back' };

crashSuite(
  'an order and its cancellation',
  [
    ...cellsOf('commerce', ['POST /orders', 'POST /orders/{id}/cancellation'], OF_REQUESTS),
    ...cellsOf('commerce', ['debit:do', 'refund:do'], AFTER_PUBLISH),
    ...cellsOf('commerce', ['reply:debit:do', 'reply:refund:do'], OF_MESSAGES),
    ...cellsOf('payment', ['debit:do', 'refund:do'], OF_MESSAGES),
    ...cellsOf('payment', ['reply:debit:do', 'reply:refund:do'], AFTER_PUBLISH),
    ...cellsOf('commerce', ['debit:undo'], AFTER_PUBLISH, takenBack),
    ...cellsOf('payment', ['debit:undo'], OF_MESSAGES, takenBack),
    ...cellsOf('payment', ['reply:debit:undo'], AFTER_PUBLISH, takenBack),
    ...cellsOf('commerce', ['reply:debit:undo'], OF_MESSAGES, takenBack),
  ],
  startOrderLoad,
);
