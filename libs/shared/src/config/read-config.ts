import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** Thrown with every wrong setting at once, so that a deployment is mended in one go. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

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
    for (const issue of read.error.issues) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  }
  if (problems.length > 0 || !read.success) throw new ConfigError(problems);
  return read.data;
};
