// JavaScript, since the types of @jest/test-sequencer describe its CommonJS form alone.
import Sequencer from '@jest/test-sequencer';
import { shuffled } from './shuffled.ts';

/** The order of spec files, drawn from jest's seed (`--seed`). Jest's `--randomize` shuffles the tests inside a file by the same seed. */
// oxlint-disable-next-line import/no-default-export -- jest takes the default export
export default class ShuffledSequencer extends Sequencer {
  constructor(options) {
    super(options);
    this.seed = options.globalConfig.seed;
  }

  sort(tests) {
    return shuffled(tests, { seed: this.seed, keyOf: (test) => test.path });
  }
}
