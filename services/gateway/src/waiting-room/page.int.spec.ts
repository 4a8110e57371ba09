import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cookie, headingOf, PLAIN_NAMES, waitingRoomVisits, type Answered } from '../testing/index.ts';

const [ACCESS, , QUEUE] = PLAIN_NAMES;
const { now, says, start, begin, stop, newQueue, look, signedIn, place } = waitingRoomVisits();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

const titleOf = ({ text }: Answered): string | undefined => /<title>([^<]*)<\/title>/.exec(text)?.[1];
const refreshOf = ({ text }: Answered): string | undefined => /<meta http-equiv="refresh" content="([^"]*)"/.exec(text)?.[1];

describe('the page of the waiting room', () => {
  it('asks a stranger to sign in, and keeps in mind where they want to go', async () => {
    const answer = await look(`/waiting-room/${newQueue()}?next=${encodeURIComponent('/shop?a=1&b="2"')}`);
    expect([answer.status, headingOf(answer), titleOf(answer)]).toEqual([200, 'Sign in to join the line', 'Sign in – Waiting room']);
    expect(answer.text).toContain('<input type="hidden" name="next" value="/shop?a=1&amp;b=%222%22" />');
  });

  it('offers a member a number', async () => {
    const queueId = newQueue();
    const answer = await look(`/waiting-room/${queueId}`, signedIn());
    expect(headingOf(answer)).toBe('Take a number');
    expect(answer.text).toContain(`<form method="post" action="/waiting-room/${queueId}/place">`);
  });

  it('tells position, wait and progress, and comes back as often as it is told, without a script too', async () => {
    const { queueId, answer } = await place(
      { status: 'WAITING', position: 1234, etaSeconds: 600, pollAfterMs: 4100 },
      { search: '?next=%2Fshop&first=2000' },
    );
    expect([headingOf(answer), titleOf(answer)]).toEqual([
      'You are in line',
      'You are number 1,234 in line, about 10 minutes – Waiting room',
    ]);
    expect(answer.text).toContain('Your position <strong id="position">1,234</strong>');
    expect(answer.text).toMatch(/<label for="progress">[^<]+<\/label>\s*<progress id="progress" max="2000" value="766">/);
    expect(answer.text).toMatch(/role="status" aria-live="polite"><\/p>/);
    expect(answer.text).toContain(
      `<noscript><meta http-equiv="refresh" content="5; url=/waiting-room/${queueId}?next=%2Fshop&amp;first=2000" /></noscript>`,
    );
  });

  it('remembers the farthest position, and believes no other', async () => {
    for (const [first, shown] of [
      ['', 50],
      ['?first=10', 50],
      ['?first=-1', 50],
      ['?first=1e9', 50],
      ['?first=80', 80],
    ] as const)
      expect((await place({ status: 'WAITING', position: 50, pollAfterMs: 1000 }, { search: first })).answer.text).toContain(
        `max="${shown}"`,
      );
  });

  it('tells of a pause and of the operator’s message, as text', async () => {
    const { answer } = await place(
      { status: 'WAITING', position: 2, etaSeconds: 5, pollAfterMs: 1000 },
      { more: { state: 'PAUSED', message: '<script>alert("x")</script> & more' } },
    );
    expect(answer.text).toContain('Admission is paused for the moment. You keep your place.');
    expect(answer.text).toMatch(/<p class="message" id="message" ?>&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt; &amp; more<\/p>/);
    expect(answer.text).not.toContain('<script>alert');
  });

  it('waits with those who are there before the opening', async () => {
    const opensAt = '2027-01-01T20:00:00.000Z';
    const { answer } = await place({ status: 'PREQUEUE', pollAfterMs: 9000 }, { more: { state: 'PREQUEUE', opensAt } });
    expect([headingOf(answer), titleOf(answer)]).toEqual(['You are in before the opening', 'The sale has not opened yet – Waiting room']);
    expect(answer.text).toMatch(/put in order by a draw/);
    const before = await look(`/waiting-room/${newQueue({ state: 'PREQUEUE', opensAt })}`, signedIn());
    expect(headingOf(before)).toBe('Take a number');
    for (const { text } of [answer, before])
      expect(text).toContain(`The sale opens at <time data-date="1" datetime="${opensAt}">January 1, 2027, 20:00 UTC</time>`);
  });

  it('lets whoever is admitted go on by itself, and by a link', async () => {
    const { answer } = await place(
      { status: 'ADMITTED', remainingMs: 60_000, admittedUntil: '2027-01-01T20:10:00.000Z' },
      { search: '?next=%2Fshop%3Fa%3D1' },
    );
    expect([headingOf(answer), refreshOf(answer)]).toEqual(['It is your turn', '3; url=/shop?a=1']);
    expect(answer.text).toContain('<a class="button" href="/shop?a=1">Go on now</a>');
    expect(answer.text).toContain('<time datetime="2027-01-01T20:10:00.000Z">20:10 UTC</time>');
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/.//evil.example', 'javascript:alert(1)'])(
    'sends nobody to %s',
    async (next) => {
      const { answer } = await place({ status: 'ADMITTED', remainingMs: 60_000 }, { search: `?next=${encodeURIComponent(next)}` });
      expect([headingOf(answer), refreshOf(answer)]).toEqual(['It is your turn', undefined]);
      expect(answer.text).not.toMatch(/evil|alert/);
    },
  );

  it.each([
    ['EXPIRED', 'Your time inside is over', true],
    ['LEFT', 'You have left the line', true],
    ['COMPLETED', 'You are done here', true],
    ['REVOKED', 'Your place was taken back', false],
  ] as const)('tells that a place is %s, and how to queue again where that is so', async (status, heading, again) => {
    const { answer } = await place({ status });
    expect([headingOf(answer), /Take a new number/.test(answer.text)]).toEqual([heading, again]);
  });

  it('tells who waits for nothing that the sale is closed', async () => {
    const { answer } = await place({ status: 'WAITING', position: 2, pollAfterMs: 1000 }, { more: { state: 'CLOSED' } });
    expect([headingOf(answer), refreshOf(answer)]).toEqual(['The sale is closed', undefined]);
    expect(headingOf(await look(`/waiting-room/${newQueue({ state: 'CLOSED' })}`, signedIn()))).toBe('The sale is closed');
  });

  it.each([
    ['void', (queueId: string) => now.fleet.tokenFor(now.member, queueId)],
    ['of another member', (queueId: string) => now.fleet.tokenFor({ id: 'somebody else' }, queueId)],
    ['not ours', () => 'nonsense'],
  ])('offers a number to whose token is %s', async (_what, tokenOf) => {
    const queueId = newQueue();
    now.fleet.queueSays(() => ({ status: 'INVALID' }));
    const value = tokenOf(queueId);
    const answer = await look(`/waiting-room/${queueId}`, {
      cookie: cookie({ [ACCESS]: now.member.accessToken, [`${QUEUE}${queueId}`]: value }),
    });
    expect(headingOf(answer)).toBe('Take a number');
  });

  it('keeps the place of everybody while the queue is away, and comes back', async () => {
    const queueId = newQueue();
    await look(`/waiting-room/${queueId}`);
    const before = now.fleet.queue.answering();
    now.fleet.queue.answers((_seen, res) => res.destroy());
    const answer = await look(`/waiting-room/${queueId}`, signedIn(queueId));
    now.fleet.queue.answers(before);
    expect([answer.status, headingOf(answer)]).toEqual([503, 'One moment, please']);
    expect(answer.text).toMatch(/We keep your place/);
    expect(refreshOf(answer)).toMatch(new RegExp(`^[2-5]; url=/waiting-room/${queueId}$`));
    expect(answer.headers['retry-after']).toBe(refreshOf(answer)![0]);
  });

  it.each([
    ['/waiting-room/none', 404, 'There is no such waiting room'],
    ['/waiting-room/NOT-AN-ID', 404, 'There is no such waiting room'],
    ['/waiting-room/%2e%2e', 404, 'There is no such waiting room'],
    [`/waiting-room/${'x'.repeat(41)}`, 404, 'There is no such waiting room'],
    ['/waiting-room/', 404, 'There is no such waiting room'],
    ['/waiting-room/a/b/c', 404, 'There is no such waiting room'],
    ['/waiting-room/assets/page-000000000000.js', 404, 'There is no such waiting room'],
    ['/waiting-room/a/place', 405, 'This did not work'],
  ])('answers %s with a page: %i', async (path, status, heading) => {
    says.set('GET /api/v1/queues/none', { status: 404, body: { status: 404, code: 'NOT_FOUND', detail: 'x' } });
    const answer = await look(path);
    expect([answer.status, headingOf(answer), answer.headers['content-type']]).toEqual([status, heading, 'text/html; charset=utf-8']);
  });

  it('asks the queue for its sale once a second, and for each look one gathered check', async () => {
    const queueId = newQueue();
    const asked = () => now.fleet.queue.seen.filter(({ url }) => url.endsWith(`/queues/${queueId}`)).length;
    const before = now.fleet.queue.seen.length;
    now.fleet.queueSays(() => ({ status: 'WAITING', position: 1, pollAfterMs: 1000 }));
    const began = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => look(`/waiting-room/${queueId}`, signedIn(queueId))));
    const seconds = Math.ceil((performance.now() - began) / 1000);
    expect(asked()).toBeLessThanOrEqual(seconds + 1);
    expect(
      now.fleet.queue.seen.slice(before).every(({ url }) => url.endsWith(`/queues/${queueId}`) || url === '/internal/tokens/check'),
    ).toBe(true);
  });

  it('is small, is kept by nobody, and takes nothing from elsewhere', async () => {
    const { answer } = await place({ status: 'WAITING', position: 1, pollAfterMs: 1000 });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    });
    const files = [...answer.text.matchAll(/(?:src|href)="(\/waiting-room\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files).toEqual([expect.stringMatching(/page-[\w-]{12}\.css$/), expect.stringMatching(/page-[\w-]{12}\.js$/)]);
    const assets = await Promise.all(files.map((path) => look(path)));
    for (const { status, headers } of assets)
      expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(assets.map(({ headers }) => headers['content-type'])).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
    expect([answer, ...assets].reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(20_000);
    expect(answer.text).not.toMatch(/https?:|style=|<script>| on\w+="/);
  });
});
