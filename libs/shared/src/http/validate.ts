import type { RouteSpec } from '@onsale/contracts';
import type { z } from 'zod';
import { Refusal, type FieldError } from '../errors/index.ts';

const escaped = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1');
const pointer = (root: string, path: readonly PropertyKey[]): string => ['', root, ...path.map(escaped)].join('/');

/** At most so many are told: a body can be made to have a million. */
const MOST_ERRORS = 20;

/** What zod says of a value that is not there differs by schema, down to "expected number, received NaN". */
const ABSENCES: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);
const isAbsent = (given: unknown, { code, path }: z.core.$ZodIssue): boolean =>
  ABSENCES.has(code ?? '') &&
  path.reduce((value: unknown, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], given) === undefined;

const errorsOf = (root: string, given: unknown, issues: readonly z.core.$ZodIssue[]): FieldError[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointer(root, [...issue.path, key]), detail: 'is not known here' }))
      : [{ pointer: pointer(root, issue.path), detail: isAbsent(given, issue) ? 'is required' : issue.message }],
  );

const EMPTY = {} as const;

/** Checks the three inputs of a request against its contract, and names every wrong field at once. @throws Refusal VALIDATION_FAILED */
export const validate = (route: RouteSpec, given: { params: unknown; query: unknown; body: unknown }) => {
  const errors: FieldError[] = [];
  const read = (root: 'params' | 'query' | 'body', schema: z.ZodType | undefined): unknown => {
    if (schema === undefined) {
      const names = root === 'query' ? Object.keys(Object(given.query)) : [];
      errors.push(...names.map((name) => ({ pointer: pointer('query', [name]), detail: 'is not known here' })));
      return root === 'body' ? undefined : EMPTY;
    }
    const result = schema.safeParse(given[root]);
    if (!result.success) errors.push(...errorsOf(root, given[root], result.error.issues));
    return result.data;
  };
  const values = { params: read('params', route.params), query: read('query', route.query), body: read('body', route.body) };
  if (errors.length > 0) throw malformed('The request does not fit its contract.', errors.slice(0, MOST_ERRORS));
  return values;
};

/** A 400 with pointers to what is wrong. */
export const malformed = (detail: string, errors: readonly FieldError[], cause?: unknown): Refusal =>
  new Refusal('VALIDATION_FAILED', detail, { errors, cause });
