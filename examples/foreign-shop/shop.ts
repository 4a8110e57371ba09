// A shop that has never heard of Onsale: 20 sneakers, plain express, everything in memory. The waiting room stands in front of it, and all that the
// shop has to do about that is marked (1) to (3).
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import express, { type Request, type RequestHandler } from 'express';

interface ShopOptions {
  /** Where the gateway of the waiting room answers. */
  waitingRoom: () => string;
  queueId: string;
  /** The public half of the gateway's key (JWKS): whoever it vouches for has come through the gate. */
  gatewayKeys: { keys: { kid: string }[] };
  stock?: number;
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;

/** (1) Members. Yours are at an identity provider; this one believes whatever name it is told, and signs it (ES256). */
const createIdentityProvider = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issue = (sub: string, role = 'customer'): string => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const signed = `${encoded({ alg: 'ES256', kid: 'shop-1' })}.${encoded({ sub, role, iss: 'foreign-shop', aud: 'waiting-room', exp })}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  return { issue, keys: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'shop-1', alg: 'ES256', use: 'sig' }] } };
};

/** (2) Who comes through the gate: the signed principal says who it is, and by which number of which queue. */
const admittedBy = ({ gatewayKeys, queueId }: ShopOptions) => {
  const keyOf = (kid: unknown) => {
    const jwk = gatewayKeys.keys.find((key) => key.kid === kid);
    return jwk === undefined ? undefined : createPublicKey({ key: jwk, format: 'jwk' });
  };
  return (req: Request): { member: string; number: number } | undefined => {
    try {
      const [head, body, signature] = (req.get('x-onsale-principal') ?? '').split('.');
      const key = keyOf(decoded(head)['kid']);
      if (!key || !verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature ?? '', 'base64url'))) return undefined;
      const { iss, exp, sub, adm } = decoded(body) as { iss: string; exp: number; sub: string; adm?: { queueId: string; number: number } };
      if (iss !== 'onsale-gateway-foreign' || exp * 1000 < Date.now() || adm?.queueId !== queueId) return undefined;
      return { member: sub, number: adm.number };
    } catch {
      return undefined; // not a principal at all
    }
  };
};

/** The shop, and what a test wants to see of it. */
export const createShop = (options: ShopOptions) => {
  const { waitingRoom, queueId, stock = 20 } = options;
  const provider = createIdentityProvider();
  const admitted = admittedBy(options);
  const sold = new Map<number, string>(); // by the number that it was bought with: one each

  /** (3) The purchase is done: its number is over, and the next in line may come in. Told until it is heard; saying it twice does no harm. */
  const tellWaitingRoom = async (number: number): Promise<void> => {
    for (let waitMs = 100; ; waitMs = Math.min(5_000, 2 * waitMs)) {
      const answer = await fetch(`${waitingRoom()}/api/v1/admin/queues/${queueId}/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${provider.issue('the-shop-itself', 'operator')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ number }),
        signal: AbortSignal.timeout(5_000),
      }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok === true) return;
      await rest(waitMs, undefined, { ref: false });
    }
  };

  const buy: RequestHandler = (req, res) => {
    const who = admitted(req);
    if (who === undefined) return void res.status(403).json({ error: 'come through the waiting room' });
    if (sold.has(who.number)) return void res.json({ sneakers: 1, of: sold.get(who.number), already: true });
    if (sold.size >= stock) return void res.status(409).json({ error: 'sold out' });
    sold.set(who.number, who.member);
    void tellWaitingRoom(who.number);
    res.status(201).json({ sneakers: 1, of: who.member });
  };

  const app = express();
  app.get('/keys', (_req, res) => void res.json(provider.keys));
  app.post('/login/:name', (req, res) => {
    const accessToken = provider.issue(req.params.name);
    res.cookie('onsale-access', accessToken, { httpOnly: true, sameSite: 'lax' }); // for browsers; outside development it is __Host-onsale-access, and secure
    res.json({ accessToken });
  });
  app.get('/shop/about', (_req, res) => void res.send('<h1>Sneakers</h1><p>Twenty pairs, to those whose turn it is.</p>'));
  app.get('/shop/stock', (_req, res) => void res.json({ left: stock - sold.size }));
  app.post('/shop/purchases', buy);
  return { app, sold, issue: provider.issue };
};
