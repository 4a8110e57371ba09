import type { Settings } from '../config.ts';
import type { FleetOptions } from './fleet.ts';

type Identity = NonNullable<Settings['identity']>;

/** Settings of a gateway whose members are those of an identity provider, before a queue and nothing else of ours. */
export const withProvider =
  ({
    jwksUrl,
    tokens = {},
  }: {
    jwksUrl: (settings: Settings) => URL;
    tokens?: Partial<Identity['tokens']>;
  }): NonNullable<FleetOptions['settings']> =>
  (settings) => ({
    ...settings,
    replicas: { queue: settings.replicas.queue, reservation: undefined, payment: undefined, commerce: undefined },
    identity: {
      jwksUrl: jwksUrl(settings),
      deadlineMs: 10_000,
      tokens: {
        issuer: 'https://id.example/',
        audience: 'shop',
        algorithms: ['EdDSA'],
        memberClaim: 'sub',
        roleClaim: undefined,
        operatorRole: 'staff',
        lanesClaim: undefined,
        ...tokens,
      },
    },
  });
