import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { type Claim, claimBlock } from '../ports/claim-block.ts';
import { joinHome } from '../processes/home.ts';
import { type ServiceProcess, serviceProcess } from './service-process.ts';
import { findPlaces, type Place, portsForTests } from './services.ts';

/** A service that is ready at once, greets on its first line, and ends on SIGTERM with exit code 0. */
const readyService = `
  require('node:http').createServer((_, response) => response.end('{}')).listen(Number(process.env.ONSALE_OPS_PORT), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
  console.log('hello from ' + process.env.GREETING);
`;

const folders = temporaryFolders();
afterAll(folders.remove);
const claims: Claim[] = [];

const given = async ({ code, restart = false }: { code: string; restart?: boolean }) => {
  const folder = folders.make();
  const script = join(folder, 'service.cjs');
  writeFileSync(script, code);
  claims.push(await claimBlock(portsForTests));
  const [place] = (await findPlaces({ replicas: {}, claimed: claims.at(-1)!.first })) as [Place];
  const lines: string[] = [];
  const notices: string[] = [];
  const service: ServiceProcess = serviceProcess({
    place,
    script,
    environment: { ONSALE_OPS_PORT: String(place.opsPort), GREETING: 'first' },
    home: joinHome(join(folder, 'home')),
    namespace: 'test',
    output: { onLine: (line) => lines.push(line) },
    restart,
    onNotice: (text) => notices.push(text),
  });
  return { service, lines, notices };
};

describe('a process of the fleet', () => {
  afterAll(() => claims.forEach((claim) => claim.release()));

  it('is ready when it has started, and ends on SIGTERM', async () => {
    const { service, lines } = await given({ code: readyService });
    await service.start();
    expect((await fetch(`${service.opsUrl}/readyz`)).status).toBe(200);
    await eventually(() => expect(lines).toContain('hello from first'));
    await expect(service.stop()).resolves.toEqual({ code: 0, signal: null });
    expect(service.isRunning()).toBe(false);
  });

  it('fails to start with the end of its log when it ends before it is ready', async () => {
    const { service } = await given({ code: 'console.error("no such table"); process.exitCode = 3;' });
    await expect(service.start()).rejects.toThrow(/gateway ended \(exit code 3\)[^]*no such table/);
  });

  it('stays down when it was killed, and starts again on its port with settings for that start alone', async () => {
    const { service, lines } = await given({ code: readyService });
    await service.start();
    service.kill();
    await expect(service.exited()).resolves.toEqual({ code: null, signal: 'SIGKILL' });
    await service.start({ GREETING: 'second' });
    await eventually(() => expect(lines).toContain('hello from second'));
    expect(service.exits()).toHaveLength(1);
    await service.stop();
  });

  it('is started again after it died, where that is wanted, and says so', async () => {
    const { service, notices } = await given({ code: readyService, restart: true });
    await service.start();
    const first = service.pid();
    service.kill();
    await eventually(() => expect(notices).toEqual([expect.stringContaining('SIGKILL'), expect.stringContaining('is back')]));
    expect(service.pid()).not.toBe(first);
    await service.stop();
    expect(service.isRunning()).toBe(false);
  });
});
