import { AFTER_PUBLISH, cellsOf, crashSuite, OF_MESSAGES } from '../kit/crash-suite.ts';

crashSuite('a purchase', [
  // the first thing that a member asks for: twenty have asked before anybody has paid
  ...cellsOf('queue', ['POST /internal/tokens'], ['after-commit', 'before-answer'], { nth: 40 }),
  ...cellsOf('queue', ['admission'], ['before-commit', 'after-commit']),
  ...cellsOf('queue', ['spend:do'], OF_MESSAGES),
  ...cellsOf('queue', ['reply:spend:do'], AFTER_PUBLISH),
]);
