import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const commands = [...readme.matchAll(/^```bash\n([^]*?)^```$/gm)].map(([, block]) => block!);

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
}, 120_000);
afterAll(() => fleet?.stop());

describe('the README', () => {
  it('has commands to run', () => {
    expect(commands.length).toBeGreaterThanOrEqual(5);
    expect(commands.join('\n')).toContain('/payments');
  });

  it('buys two seats by its own commands', async () => {
    const { scheduleId } = await fleet.sale({ seats: 50 });
    const cwd = mkdtempSync(join(tmpdir(), 'onsale-readme-'));
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
      cwd,
      env: { ...process.env, SHOP: `${fleet.gatewayUrl}/api/v1` },
      timeout: 60_000,
    });
    expect(stdout).toContain('"status":"COMPLETED"');
    expect(stdout).toContain('"status":"CONFIRMED"');
    await eventually(async () => expect(await fleet.stores.sales(scheduleId)).toHaveLength(2));
  });
});
