import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { captureLog, eventually, testDatabase, type TestDatabase } from '../testing/index.ts';
import { migrate } from './index.ts';

const fixtures = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);
const directory = fixtures('migrations/');
const all = ['0001-things.ts', '0002-first-thing.ts'];
const program = (url: string, folder: URL): string[] => [fileURLToPath(fixtures('migrate-once.ts')), url, folder.href];

describe('migrate', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(() => database.drop());

  const recorded = (): Promise<string[]> => database.db('migrations').orderBy('id').pluck('name');

  it('applies each migration once when four begin at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate({ url: database.url, directory })));

    expect(results.flatMap(({ applied }) => applied)).toEqual(all);
    expect(await recorded()).toEqual(all);
    expect(await database.db('things').pluck('id')).toEqual([1]);
  });

  it('does so between processes, and for a path as for a URL', async () => {
    const run = promisify(execFile);
    const outputs = await Promise.all([
      run(process.execPath, program(database.url, directory)),
      run(process.execPath, program(database.url, directory)),
      migrate({ url: database.url, directory: fileURLToPath(directory) }),
    ]);
    const applied = outputs.flatMap((output) => ('applied' in output ? output.applied : (JSON.parse(output.stdout) as string[])));

    expect(applied).toEqual(all);
    expect(await recorded()).toEqual(all);
  });

  it('is not held up by a migrator that was killed', async () => {
    const child = spawn(process.execPath, program(database.url, fixtures('slow/')), { stdio: 'ignore' });
    const exited = new Promise((resolve) => {
      child.once('exit', (_, signal) => resolve(signal));
    });
    await eventually(async () => {
      const [rows] = (await database.db.raw(
        "SELECT info FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%' AND db = DATABASE()",
      )) as [unknown[]];
      expect(rows).toHaveLength(1);
    });
    expect(await database.db('migrations_lock').pluck('is_locked')).toEqual([1]); // knex's own lock is left behind
    child.kill('SIGKILL');
    expect(await exited).toBe('SIGKILL');

    expect(await migrate({ url: database.url, directory })).toEqual({ applied: all });
  });

  it('records what was done before a migration failed, and goes on from there once it is mended', async () => {
    const { log, text } = captureLog();
    await expect(migrate({ url: database.url, directory: fixtures('broken/'), log })).rejects.toThrow('a broken migration');
    expect(await recorded()).toEqual(['0001-fine.ts']);
    expect(text()).toContain('0002-wrong.ts');

    expect(await migrate({ url: database.url, directory: fixtures('mended/') })).toEqual({ applied: ['0002-wrong.ts'] });
    expect(await database.db('fine').pluck('id')).toEqual([1]);
  });

  it('stops when the schema has a migration that this version does not know', async () => {
    await migrate({ url: database.url, directory });
    await expect(migrate({ url: database.url, directory: fixtures('mended/') })).rejects.toThrow('0001-things.ts');
  });

  it('waits for its turn no longer than it is told to', async () => {
    const slow = migrate({ url: database.url, directory: fixtures('slow/') });
    const interrupted = expect(slow).rejects.toThrow();
    const id = await eventually(async () => {
      const [[row]] = (await database.db.raw(
        "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%' AND db = DATABASE()",
      )) as [[{ id: number } | undefined]];
      expect(row).toBeDefined();
      return row!.id;
    });
    await expect(migrate({ url: database.url, directory, waitMs: 0 })).rejects.toThrow('another process');

    await database.db.raw('KILL ?', [id]);
    await interrupted;
  });

  it('needs a schema to migrate', async () => {
    const server = new URL(database.url);
    server.pathname = '';
    await expect(migrate({ url: server.href, directory })).rejects.toThrow('must name a schema');
  });
});
