import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as config from './settings.ts';

const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
const common: Record<string, z.ZodType> = config.serviceSettings;

/** As docs/operations.md tells it. */
const rowOf = (name: string, schema: z.ZodType): string => {
  const unset = z.object({ value: schema }).safeParse({});
  const byDefault = unset.success ? String((unset.data.value as string | number | undefined) ?? 'none') : 'needed';
  return `| \`${name}\` | ${byDefault} | ${schema.description} |`;
};

describe('the common settings', () => {
  it('are all in the table that the READMEs of the services point to, each with its default and what it is', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `ONSALE_'));
    expect(rows).toEqual(Object.entries(common).map(([name, schema]) => rowOf(name, schema)));
  });

  it('are these groups, and those of sagas, which the services that have some tell of', () => {
    const { serviceSettings, sagaSettings, ...groups } = config;
    const grouped = Object.entries(groups).flatMap(([name, group]) => (name.endsWith('Settings') ? Object.keys(group) : []));
    expect(grouped.toSorted()).toEqual(Object.keys(serviceSettings).toSorted());
    const payment = readFileSync(new URL('../../../../services/payment/README.md', import.meta.url), 'utf8');
    expect(Object.keys(sagaSettings).filter((name) => !payment.includes(name))).toEqual([]);
  });
});
