import { WORD } from '@onsale/contracts/commerce';

/** Characters of a word that count. */
const LONGEST = 40;

/** The words of a text in lower case, each once: what a name is found by, and what is looked for. Marks that only style a letter are gone. */
export const wordsOf = (given: string): string[] => [
  ...new Set((given.normalize('NFKC').toLowerCase().match(WORD) ?? []).map((word) => Array.from(word).slice(0, LONGEST).join(''))),
];
