import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** Thrown with every wrong setting at once, so that a deployment is mended in one go. */
export class ConfigError extends Error {
  /** A line for each, as people read it. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** In words for whoever writes an environment, where every value is text. What was given is not told: it may be a secret. */
const faultOf = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : `must be a ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? `must be at least ${issue.minimum}` : 'must not be empty';
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message.replace('Invalid string: ', '');
  }
};

const problemsOf = (shape: z.core.$ZodLooseShape, given: Readonly<Record<string, string>>, issues: readonly z.core.$ZodIssue[]): string[] =>
  issues.map((issue) => {
    const name = String(issue.path[0]);
    const { description } = shape[name] as z.ZodType;
    const about = description === undefined ? '' : ` (${description})`;
    return given[name] === undefined ? `${name} is required${about}` : `${name}: ${faultOf(issue)}${about}`;
  });

/**
 * Reads the settings named by the shape's keys from the environment. `NAME_FILE` names a file that holds NAME's value, as secret stores
 * mount them. Unknown `ONSALE_*` names are left alone: other parts of the fleet read them.
 * @throws ConfigError naming every setting that is wrong or missing
 */
export const readConfig = <S extends z.core.$ZodLooseShape>(shape: S, env: Env): z.output<z.ZodObject<S>> => {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const value = env[name];
    const file = name.endsWith('_FILE') ? undefined : env[`${name}_FILE`];
    if (value !== undefined && value !== '') given[name] = value;
    else if (file !== undefined && file !== '') {
      try {
        given[name] = readFileSync(file, 'utf8').trim();
      } catch (error) {
        problems.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
      }
    }
  }
  const read = z.object(shape).safeParse(given);
  if (!read.success) {
    const unread = (name: string) => problems.some((problem) => problem.startsWith(`${name}_FILE:`)); // told already
    problems.push(
      ...problemsOf(
        shape,
        given,
        read.error.issues.filter(({ path }) => !unread(String(path[0]))),
      ),
    );
  }
  if (problems.length > 0 || !read.success) throw new ConfigError(problems);
  return read.data;
};
