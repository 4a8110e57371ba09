import { chromium, type Browser, type BrowserContext, type CDPSession } from 'playwright-core';
import { findBrowser } from '../../scripts/programs/browser.ts';

/** Root has no sandbox, a test machine no graphics, and nobody but us is to be asked for anything. */
const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
/** Longest wait for anything to be seen, on a busy machine. */
const DEADLINE_MS = 60_000;

/** One headless browser for a spec file. @throws CannotGoOn naming what to install */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: findBrowser(process.env), args, headless: true, timeout: DEADLINE_MS });

interface VisitorOptions {
  readonly baseURL: string;
  readonly javaScriptEnabled: boolean;
}

/** A node of what a screen reader is given. */
export interface Heard {
  readonly role: string;
  readonly name: string;
}

const heardIn = async (cdp: CDPSession): Promise<Heard[]> => {
  const { nodes } = await cdp.send('Accessibility.getFullAXTree');
  return nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({ role: String(role?.value), name: String(name?.value ?? '') }));
};

/** Somebody with a browser of their own: no cookies, one window; what it asked for, and what it complained of. */
export const openWindow = async (browser: Browser, { baseURL, javaScriptEnabled }: VisitorOptions) => {
  const context: BrowserContext = await browser.newContext({ baseURL, javaScriptEnabled, locale: 'en-GB' });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  const [asked, complaints]: [string[], string[]] = [[], []];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const cdp = await context.newCDPSession(page);
  return {
    context,
    page,
    asked: asked as readonly string[],
    complaints: complaints as readonly string[],
    /** What a screen reader is given now: the accessibility tree, nameless boxes left out. */
    hears: () => heardIn(cdp),
    close: () => context.close(),
  };
};

export type Window = Awaited<ReturnType<typeof openWindow>>;
