import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES, OF_REQUESTS, RARE } from '../kit/crash-suite.ts';

crashSuite('a purchase', [
  ...cellsOf('payment', ['POST /members/me/wallet/charges', 'POST /payments'], OF_REQUESTS),
  ...cellsOf('payment', ['lock:do', 'confirm:do', 'spend:do'], AFTER_PUBLISH),
  ...cellsOf('payment', ['lock:undo'], AFTER_PUBLISH, RARE),
  ...cellsOf('payment', ['reply:lock:do', 'reply:confirm:do', 'reply:spend:do'], OF_MESSAGES),
  ...cellsOf('payment', ['reply:lock:undo'], OF_MESSAGES, RARE),
]);
