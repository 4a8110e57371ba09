import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolders } from '@onsale/shared/testing';
import { type Daemon, startDaemon } from './daemon.ts';
import { claimFreeHome, claimHome, type Home, HomeInUse, joinHome, reapOrphans } from './home.ts';
import { readLivePidFile, writePidFile } from './pid-file.ts';
import { startTimeOf } from './start-time.ts';

const folders = temporaryFolders();
afterAll(folders.remove);
const newFolder = () => join(folders.make(), 'home');

/** A process that does nothing until it is told to end. */
const idle = (home: Home, name: string): Promise<Daemon> =>
  startDaemon({
    name,
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    output: { onLine: () => {} },
    pidFile: home.pidFile(name),
    instance: home.instance,
  });

describe('a home', () => {
  it('keeps its instance id from one claim to the next', () => {
    const folder = newFolder();
    const first = claimHome(folder);
    first.release();
    expect(claimHome(folder).instance).toBe(first.instance);
  });

  it('has one owner at a time, and the next one gets a home beside it', async () => {
    const home = joinHome(newFolder());
    const other = await idle(home, 'other');
    writePidFile(join(home.folder, 'owner.json'), { name: 'owner', pid: other.pid, instance: home.instance });
    expect(() => claimHome(home.folder)).toThrow(HomeInUse);
    expect(claimFreeHome(home.folder).folder).toBe(`${home.folder}-2`);
    await other.kill();
    expect(claimHome(home.folder).folder).toBe(home.folder);
  });
});

describe('a pid file', () => {
  it('is believed while that very process runs, and removed when it ends', async () => {
    const home = joinHome(newFolder());
    const daemon = await idle(home, 'engine');
    expect(readLivePidFile(home.pidFile('engine'), home.instance)).toMatchObject({ name: 'engine', pid: daemon.pid });
    await daemon.stop({ deadlineMs: 5_000 });
    expect(readLivePidFile(home.pidFile('engine'), home.instance)).toBeUndefined();
    expect(startTimeOf(daemon.pid)).toBeUndefined();
  });

  it('is not believed when the process with its id was started at another time', async () => {
    const home = joinHome(newFolder());
    const daemon = await idle(home, 'engine');
    const path = home.pidFile('engine');
    const entry = JSON.parse(readFileSync(path, 'utf8')) as { startTime: string };
    writeFileSync(path, JSON.stringify({ ...entry, startTime: `${entry.startTime}0` }));
    expect(readLivePidFile(path, home.instance)).toBeUndefined();
    await daemon.kill();
  });

  it('is not believed in a copy of the home, whose processes are those of the original', async () => {
    const home = joinHome(newFolder());
    const daemon = await idle(home, 'engine');
    const copy = newFolder();
    cpSync(home.folder, copy, { recursive: true });
    await expect(reapOrphans(joinHome(copy))).resolves.toEqual([]);
    expect(daemon.isRunning()).toBe(true);
    await daemon.kill();
  });
});

describe('reapOrphans', () => {
  it('ends what an earlier owner left running, but for what it is told to leave', async () => {
    const home = joinHome(newFolder());
    const [service, engine] = await Promise.all([idle(home, 'service'), idle(home, 'engine')]);
    await expect(reapOrphans(home, { except: ['engine'] })).resolves.toEqual(['service']);
    await service.exited; // told to this process a moment after it is so
    expect([service.isRunning(), engine.isRunning()]).toEqual([false, true]);
    await engine.kill();
  });
});
