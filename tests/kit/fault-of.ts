import { Problem } from '@onsale/contracts';
import type { Expectation } from './bad-requests.ts';
import type { RawAnswer } from './send.ts';

const problemOf = ({ headers, text }: RawAnswer): Problem | undefined => {
  if (headers['content-type']?.startsWith('application/problem+json') !== true) return undefined;
  return Problem.safeParse(JSON.parse(text)).data;
};

/** Whether the errors name that place, or what is in it, and nothing else. */
const pointAt = (pointer: string, { errors = [] }: Problem): boolean =>
  errors.length > 0 && errors.every((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));

/** What is not as it should be in the answer to a bad request; `undefined` when all is. */
export const faultOf = ({ expected, pointer }: Expectation, answer: RawAnswer): string | undefined => {
  const problem = problemOf(answer);
  if (problem === undefined) return 'is not a problem';
  const { status, code, instance } = problem;
  if (status !== answer.status) return `says ${status} with a status of ${answer.status}`;
  if (!expected.includes(`${status} ${code}`)) return `is ${status} ${code}`;
  if (!instance.startsWith('urn:uuid:')) return `has no request id: ${instance}`;
  if (status === 401 && answer.headers['www-authenticate'] === undefined) return 'does not challenge';
  if (code === 'VALIDATION_FAILED' && (pointer === undefined || !pointAt(pointer, problem)))
    return `points at ${JSON.stringify(problem.errors ?? [])}, not at ${pointer ?? 'what the case should name'}`;
  return undefined;
};
