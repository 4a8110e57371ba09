import { describe, expect, it } from '@jest/globals';
import { chooseMode, externalUrls, forcedMode } from './choose.ts';

const external = { mysqlUrl: 'mysql://a@b', redisUrl: 'redis://b', kafkaBrokers: 'b:9092' };
const dockerWorks = async () => undefined;
const dockerFails = async () => 'no Docker daemon answers';

describe('chooseMode', () => {
  it.each([
    { given: 'engines in the environment', forced: undefined, external, whyNotDocker: dockerWorks, expected: { mode: 'external' } },
    { given: 'a Docker that works', forced: undefined, external: undefined, whyNotDocker: dockerWorks, expected: { mode: 'docker' } },
    {
      given: 'no Docker',
      forced: undefined,
      external: undefined,
      whyNotDocker: dockerFails,
      expected: { mode: 'native', because: 'no Docker daemon answers' },
    },
    { given: 'native forced', forced: 'native', external, whyNotDocker: dockerWorks, expected: { mode: 'native' } },
    { given: 'docker forced', forced: 'docker', external, whyNotDocker: dockerWorks, expected: { mode: 'docker' } },
  ] as const)('given $given, is $expected.mode', async ({ expected, ...options }) => {
    await expect(chooseMode(options)).resolves.toEqual(expected);
  });

  it('does not go on with another mode than the forced one', async () => {
    await expect(chooseMode({ forced: 'docker', external: undefined, whyNotDocker: dockerFails })).rejects.toThrow(
      'no Docker daemon answers',
    );
    await expect(chooseMode({ forced: 'external', external: undefined, whyNotDocker: dockerWorks })).rejects.toThrow('no engine is named');
  });
});

describe('forcedMode', () => {
  it('reads ONSALE_ENGINES, and refuses what it does not know', () => {
    expect(forcedMode({})).toBeUndefined();
    expect(forcedMode({ ONSALE_ENGINES: 'docker' })).toBe('docker');
    expect(() => forcedMode({ ONSALE_ENGINES: 'podman' })).toThrow('external, docker, native');
  });
});

describe('externalUrls', () => {
  const all = { ONSALE_MYSQL_URL: 'mysql://a@b/', ONSALE_REDIS_URL: 'redis://b', ONSALE_KAFKA_BROKERS: 'b:9092' };

  it('takes all three, and names those that are missing of some', () => {
    expect(externalUrls(all, 'ONSALE_')).toEqual(external);
    expect(externalUrls({}, 'ONSALE_')).toBeUndefined();
    expect(() => externalUrls({ ...all, ONSALE_REDIS_URL: '' }, 'ONSALE_')).toThrow('not set are: ONSALE_REDIS_URL');
  });

  it("never takes the fleet's engines for tests", () => {
    expect(externalUrls(all, 'ONSALE_TEST_')).toBeUndefined();
  });
});
