import type { Finding } from '@onsale/shared/invariants';

/** Those that something contradicts: `expect(broken(await verifyInvariants(...))).toEqual([])`. */
export const broken = (findings: readonly Finding[]): Finding[] => findings.filter(({ violations }) => violations > 0);

const lineOf = ({ invariant, says, violations, offenders }: Finding): string[] => [
  `${violations === 0 ? '✔' : '✖'} ${invariant.padEnd(3)} ${String(violations).padStart(6)}  ${says}`,
  ...offenders.map((offender) => `                 ${offender}`),
  ...(violations > offenders.length ? [`                 and ${violations - offenders.length} more`] : []),
];

/** One line a sentence, with its count and the first that contradict it, and a last line with the sum. */
export const reportOf = (findings: readonly Finding[]): string => {
  const sum = findings.reduce((total, { violations }) => total + violations, 0);
  return [...findings.flatMap(lineOf), `${findings.length} sentences, ${sum} violations`].join('\n');
};
