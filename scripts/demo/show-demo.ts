import { broken, reportOf } from '../invariants/report.ts';
import { createLiveLine } from '../terminal/live-line.ts';
import { runDemo, type DemoOptions } from './run-demo.ts';

/**
 * A demo of `npm start -- --demo` on the screen: a line that shows how far it is, a closing table, and whether the invariants hold.
 * @returns whether all came out as it should and no invariant was broken
 * @throws as `runDemo`
 */
export const showDemo = async <S, E extends string, F>(
  options: Pick<DemoOptions<S, E, F>, 'fleet' | 'operatorToken' | 'demo' | 'signal'>,
): Promise<boolean> => {
  const live = createLiveLine({ out: process.stdout });
  const { texts } = options.demo;
  options.signal?.addEventListener('abort', live.end, { once: true });
  try {
    const { findings, ...over } = await runDemo({
      ...options,
      onReady: (sale) => console.log(texts.headline(sale)),
      onProgress: (counts) => live.update(texts.progress(counts)),
      onOver: (all) => {
        live.end();
        console.log(texts.closing(all));
        console.log('The invariants, read from the stores:');
      },
    });
    console.log(reportOf(findings));
    const faults = [...(broken(findings).length > 0 ? ['an invariant is broken'] : []), ...texts.faults(over)];
    console.log(faults.length === 0 ? `\n✔ The demo is over: ${texts.success}` : `\n✖ The demo failed: ${faults.join(', ')}.`);
    return faults.length === 0;
  } finally {
    live.end();
  }
};
