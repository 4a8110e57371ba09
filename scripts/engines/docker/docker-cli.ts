import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import type { Say } from '../engines.ts';

const run = promisify(execFile);

/** A daemon that is there answers at once; one that is not must not hold up the start. */
const answerMs = 5_000;
/** Once a registry has begun to send an image it may take its time; one that cannot be reached often never says no. */
const firstByteMs = 15_000;
const pullMs = 600_000;

/** Runs `docker ...` and gives what it wrote. @throws with its error output */
export async function docker(args: string[], { env, timeoutMs }: { env?: Record<string, string>; timeoutMs: number }): Promise<string> {
  const { stdout } = await run('docker', args, { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 10_000_000 });
  return stdout;
}

/**
 * Why Docker cannot run these images, in words that follow "since"; undefined when it can. Fetches the images that are missing, and gives up soon
 * when a registry does not answer.
 */
export async function whyNoDocker({ images, say }: { images: () => Promise<string[]>; say: Say }): Promise<string | undefined> {
  if (!(await works(['version', '--format', '{{.Server.Version}}']))) return 'no Docker daemon answers';
  if (!(await works(['compose', 'version']))) return 'Docker has no compose plugin';
  for (const image of await images()) {
    if (await works(['image', 'inspect', image])) continue;
    say(`docker pull ${image}`);
    const why = await pull(image);
    if (why !== undefined) return `Docker cannot get the image ${image} (${why})`;
  }
  return undefined;
}

function works(args: string[]): Promise<boolean> {
  return docker(args, { timeoutMs: answerMs }).then(
    () => true,
    () => false,
  );
}

function pull(image: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('docker', ['pull', image], { stdio: ['ignore', 'pipe', 'pipe'] });
    const giveUp = (why: string) => {
      child.kill('SIGKILL');
      resolve(why);
    };
    const first = setTimeout(() => giveUp(`no answer in ${firstByteMs / 1_000} s`), firstByteMs);
    const all = setTimeout(() => giveUp(`not complete after ${pullMs / 60_000} min`), pullMs);
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (/layer|exists|Download|Pull complete/i.test(chunk.toString())) clearTimeout(first);
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', (error) => giveUp(error.message));
    child.on('close', (code) => {
      clearTimeout(first);
      clearTimeout(all);
      resolve(code === 0 ? undefined : (errors.trim().split('\n').at(-1) ?? `exit ${code}`));
    });
  });
}
