// JavaScript, since the types of @jest/test-sequencer describe its CommonJS form alone.
import Sequencer from '@jest/test-sequencer';
import { shuffled } from './shuffled.ts';

/** They take minutes on any machine: begun last, they would run on alone. */
const LONGEST = /tests.chaos.(outages|sigterm)/;

/** The order of spec files, the longest first, the others drawn from jest's seed (`--seed`). Jest's `--randomize` shuffles the tests inside a file by the same seed. */
// oxlint-disable-next-line import/no-default-export -- jest takes the default export
export default class ShuffledSequencer extends Sequencer {
  constructor(options) {
    super(options);
    this.seed = options.globalConfig.seed;
  }

  sort(tests) {
    const order = shuffled(tests, { seed: this.seed, keyOf: (test) => test.path });
    return [...order.filter(({ path }) => LONGEST.test(path)), ...order.filter(({ path }) => !LONGEST.test(path))];
  }
}
