import { signUp } from '@onsale/contracts/commerce';
import { createQueue } from '@onsale/contracts/queue';
import { claimedAccess } from '@onsale/shared/auth';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openWindow, startBrowser, type Window } from '../kit/browser.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const PASSWORD = 'a password of a visitor';
/** A page of the shop, as far as this fleet has one. */
const NEXT = '/api/v1/concerts?limit=1';

let fleet: TestFleet;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser(); // first, so that without one no fleet is left behind
  fleet = await startTestFleet({ replicas: { gateway: 1 } });
});
afterAll(async () => {
  await browser?.close();
  await fleet?.stop();
});

/** A line with one place inside, which Ada has; Bob waits for it. */
const busyLine = async () => {
  const sale = await fleet.sale({ seats: 2, queue: { cap: 1, maxPollSeconds: 1 } });
  const [ada, bob] = await fleet.members(2);
  await ada.isAdmitted(sale.queueId);
  await bob.takesNumber(sale.queueId);
  return { ...sale, ada, bob };
};

const newVisitor = async (): Promise<string> => {
  const email = `${newId()}@example.com`;
  await fleet.client.call(signUp, { body: { email, password: PASSWORD, name: 'Eve' } });
  return email;
};

const heading = ({ page }: Window, name: string) => page.getByRole('heading', { level: 1, name, exact: true });

const signsIn = async (window: Window, email: string): Promise<void> => {
  await window.page.getByLabel('Email').fill(email);
  await window.page.getByLabel('Password').fill(PASSWORD);
  await window.page.getByRole('button', { name: 'Sign in' }).click();
  await heading(window, 'Take a number').waitFor();
};

const takesNumber = async (window: Window): Promise<void> => {
  await window.page.getByRole('button', { name: 'Take a number' }).click();
  await heading(window, 'You are in line').waitFor();
};

const position = ({ page }: Window) => page.locator('#position').textContent();

/** The access token in the browser is one whose time is over. */
const isOpenForLong = async ({ context }: Window): Promise<void> => {
  const cookie = (await context.cookies()).find(({ name }) => name === 'onsale-access')!;
  await context.addCookies([{ ...cookie, value: await fleet.accessToken({ ...claimedAccess(cookie.value), lifeSeconds: -60 }) }]);
};

describe.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a visitor %s', (_how, javaScriptEnabled) => {
  it('signs in, takes a number, waits, is let in when a slot frees, and arrives', async () => {
    const [{ queueId, scheduleId, ada, bob }, email] = await Promise.all([busyLine(), newVisitor()]);
    const window = await openWindow(browser, { baseURL: fleet.gatewayUrl, javaScriptEnabled });
    const { page } = window;

    await page.goto(`/waiting-room/${queueId}?next=${encodeURIComponent(NEXT)}`);
    expect(await window.hears()).toEqual(
      expect.arrayContaining([
        { role: 'main', name: '' },
        { role: 'heading', name: 'Sign in to join the line' },
        { role: 'textbox', name: 'Email' },
        { role: 'textbox', name: 'Password' },
        { role: 'button', name: 'Sign in' },
      ]),
    );
    await signsIn(window, email);
    await takesNumber(window);
    expect(await position(window)).toBe('2');
    // without a script the page loads itself anew: between two of them it is blank
    await eventually(async () => expect(await page.title()).toMatch(/^You are number 2 in line/));
    await eventually(async () =>
      expect(await window.hears()).toEqual(
        expect.arrayContaining([
          { role: 'RootWebArea', name: expect.stringMatching(/^You are number 2 in line.* – Waiting room$/) },
          { role: 'main', name: '' },
          { role: 'heading', name: 'You are in line' },
          { role: 'progressbar', name: 'Way to the front since you joined' },
          { role: 'status', name: '' },
          { role: 'link', name: 'look now' },
        ]),
      ),
    );

    await isOpenForLong(window);
    await bob.leaves(queueId);
    await eventually(async () => expect(await position(window)).toBe('1'));
    expect(await page.locator('progress').getAttribute(javaScriptEnabled ? 'max' : 'value')).toBe(javaScriptEnabled ? '2' : '1');

    await ada.leaves(queueId);
    await page.waitForURL(`**${NEXT}`);
    const seats = await window.context.request.get(`/api/v1/schedules/${scheduleId}/seats`);
    expect(seats.status()).toBe(200); // by cookies alone
    const origins = new Set(window.asked.map((url) => new URL(url).origin));
    expect([...origins]).toEqual([fleet.gatewayUrl]);
    await window.close();
  });
});

describe('the page with JavaScript', () => {
  it('changes in place: what has the focus keeps it, and a listener is told once', async () => {
    const [{ queueId, bob }, email] = await Promise.all([busyLine(), newVisitor()]);
    const window = await openWindow(browser, { baseURL: fleet.gatewayUrl, javaScriptEnabled: true });
    const { page } = window;
    await page.goto(`/waiting-room/${queueId}`);
    await signsIn(window, email);
    await takesNumber(window);
    await page.getByRole('link', { name: 'look now' }).focus();
    await eventually(async () => expect(window.asked.at(-1)).toMatch(/\/tokens\/current\/stream$/));
    const loads = () => window.asked.filter((url) => url.includes(`/waiting-room/${queueId}`)).length;
    const before = loads();

    await bob.leaves(queueId);
    await page.getByRole('status').getByText('You are next in line').waitFor();
    expect(await position(window)).toBe('1');
    expect(await page.title()).toMatch(/^You are next in line/);
    expect(await page.locator(':focus').textContent()).toBe('look now');
    expect(loads()).toBe(before);
    expect(window.asked.filter((url) => url.endsWith('/tokens/current'))).toEqual([]); // the stream told it
    expect(window.complaints).toEqual([]);
    await window.close();
  });

  it('is opened in place, as everybody is told of it in the same moment', async () => {
    const email = await newVisitor();
    const queueId = `q-${newId()}`;
    const opensAt = new Date(Date.now() + 86_400_000).toISOString();
    const accessToken = await fleet.accessToken({ role: 'operator' });
    await fleet.client.call(createQueue, { accessToken, body: { id: queueId, cap: 1, opensAt } });
    const window = await openWindow(browser, { baseURL: fleet.gatewayUrl, javaScriptEnabled: true });
    const { page } = window;
    const opened = Promise.withResolvers<void>();
    const body = `event: status\ndata: ${JSON.stringify({ status: 'WAITING', state: 'OPEN', position: 1234 })}\n\n`;
    await page.route('**/stream', async (route) => {
      await opened.promise;
      return route.fulfill({ contentType: 'text/event-stream', body });
    });
    await page.goto(`/waiting-room/${queueId}`);
    await signsIn(window, email);
    await page.getByRole('button', { name: 'Take a number' }).click();
    await heading(window, 'You are in before the opening').waitFor();
    expect(await page.getByText('The sale opens at').isVisible()).toBe(true);
    const loads = () => window.asked.filter((url) => url.includes(`/waiting-room/${queueId}`)).length;
    const before = loads();

    opened.resolve();
    await heading(window, 'You are in line').waitFor();
    expect(await position(window)).toBe('1,234');
    expect(await page.getByText('The sale opens at').isVisible()).toBe(false);
    await page.getByRole('status').getByText('You are number 1,234 in line').waitFor();
    expect(loads()).toBe(before);
    await window.close();
  });

  it('renews a session that is over while it listens, and listens on', async () => {
    const [{ queueId, bob }, email] = await Promise.all([busyLine(), newVisitor()]);
    const window = await openWindow(browser, { baseURL: fleet.gatewayUrl, javaScriptEnabled: true });
    const { page } = window;
    const isOver = Promise.withResolvers<void>();
    const stood = `event: status\ndata: ${JSON.stringify({ status: 'WAITING', state: 'OPEN', position: 2 })}\n\n`;
    const body = `${stood}${stood}event: end\ndata: ${JSON.stringify({ reason: 'UNAUTHENTICATED' })}\n\n`;
    let streams = 0;
    await page.route('**/stream', async (route) => {
      streams += 1;
      if (streams > 1) return route.continue();
      await isOver.promise;
      return route.fulfill({ contentType: 'text/event-stream', body });
    });
    await page.goto(`/waiting-room/${queueId}`);
    await signsIn(window, email);
    await takesNumber(window);
    const refreshed = page.waitForResponse('**/api/v1/sessions/refresh');
    await isOpenForLong(window);
    isOver.resolve();
    expect((await refreshed).status()).toBe(201);
    await eventually(() => expect(streams).toBe(2));
    const loads = () => window.asked.filter((url) => url.includes(`/waiting-room/${queueId}`)).length;
    const before = loads();

    await bob.leaves(queueId);
    await page.getByRole('status').getByText('You are next in line').waitFor();
    expect(loads()).toBe(before);
    await window.close();
  });

  it('asks where no stream comes through, and renews its session by itself', async () => {
    const [{ queueId, bob }, email] = await Promise.all([busyLine(), newVisitor()]);
    const window = await openWindow(browser, { baseURL: fleet.gatewayUrl, javaScriptEnabled: true });
    const { page } = window;
    await page.route('**/stream', (route) => route.fulfill({ status: 502 }));
    await page.goto(`/waiting-room/${queueId}`);
    await signsIn(window, email);
    await takesNumber(window);
    const refreshed = page.waitForResponse('**/api/v1/sessions/refresh');
    await isOpenForLong(window);

    await bob.leaves(queueId);
    expect((await refreshed).status()).toBe(201);
    await page.getByRole('status').getByText('You are next in line').waitFor();
    expect(window.asked.at(-1)).toMatch(/\/tokens\/current$/);
    await window.close();
  });
});
