import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES, OF_REQUESTS, RARE } from '../kit/crash-suite.ts';

crashSuite('a purchase', [
  ...cellsOf('reservation', ['lock:do', 'confirm:do'], OF_MESSAGES),
  ...cellsOf('reservation', ['lock:undo'], OF_MESSAGES, RARE),
  ...cellsOf('reservation', ['reply:lock:do', 'reply:confirm:do'], AFTER_PUBLISH),
  ...cellsOf('reservation', ['reply:lock:undo'], AFTER_PUBLISH, RARE),
  ...cellsOf('reservation', ['POST /reservations'], OF_REQUESTS),
  ...cellsOf('reservation', ['DELETE /reservations/{id}'], OF_REQUESTS, RARE),
]);
