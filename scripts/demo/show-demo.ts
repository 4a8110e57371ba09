import { broken, reportOf } from '../invariants/report.ts';
import { createLiveLine } from '../terminal/live-line.ts';
import { closingTable, progressText } from './demo-texts.ts';
import { runDemo, type DemoOptions } from './run-demo.ts';

const usual = { members: 300, seats: 50, cap: 25 };

/**
 * The demo of `npm start -- --demo` on the screen: a line that shows how far it is, a closing table, and whether the invariants hold.
 * @returns whether all seats were sold and no invariant was broken
 * @throws as `runDemo`
 */
export const showDemo = async (options: Pick<DemoOptions, 'fleet' | 'operatorToken' | 'signal'>): Promise<boolean> => {
  const live = createLiveLine({ out: process.stdout });
  options.signal?.addEventListener('abort', live.end, { once: true });
  try {
    const { findings, sold } = await runDemo({
      ...usual,
      ...options,
      onReady: ({ title, seats, cap }) =>
        console.log(`${title}: ${usual.members} members compete for ${seats} seats, at most ${cap} of them inside at once`),
      onProgress: (counts) => live.update(progressText(counts, usual)),
      onSold: (all) => {
        live.end();
        console.log(closingTable(all));
        console.log('The invariants, read from the stores:');
      },
    });
    console.log(reportOf(findings));
    const faults = [
      ...(broken(findings).length > 0 ? ['an invariant is broken'] : []),
      ...(sold === usual.seats ? [] : [`${sold} of ${usual.seats} seats were sold`]),
    ];
    console.log(faults.length === 0 ? '\n✔ The demo is over: every seat was sold once.' : `\n✖ The demo failed: ${faults.join(', ')}.`);
    return faults.length === 0;
  } finally {
    live.end();
  }
};
