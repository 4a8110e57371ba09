import { askedAfterThePivot, overtaken } from '../kit/compensations.ts';
import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES } from '../kit/crash-suite.ts';

const asked = { nth: 1, meanwhile: askedAfterThePivot, when: ', asked about a sale that was made' };
/** Without members who are refused for their points: those never come to their pivot. */
const neverSold = { nth: 1, poorOneOf: Infinity, meanwhile: overtaken('confirm'), when: ', asked about a sale that is not made any more' };
/** Without members who are refused for their points: their locks are taken back, too. */
const neverLocked = { nth: 1, poorOneOf: Infinity, meanwhile: overtaken('lock'), when: ', which is there before the action' };

crashSuite('a purchase that an operator takes back', [
  ...cellsOf('reservation', ['confirm:undo'], OF_MESSAGES, asked),
  ...cellsOf('reservation', ['confirm:undo'], ['before-commit', 'after-commit'], neverSold),
  ...cellsOf('reservation', ['lock:undo'], ['before-commit', 'after-commit'], neverLocked),
  ...cellsOf('reservation', ['reply:confirm:undo'], AFTER_PUBLISH, asked),
  ...cellsOf('payment', ['confirm:undo'], AFTER_PUBLISH, asked),
  ...cellsOf('payment', ['reply:confirm:undo'], OF_MESSAGES, neverSold),
]);
