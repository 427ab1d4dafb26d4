// Chromium, and pages that remember what went wrong on them.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// With `keeps`, pages that were left are kept for who goes back to them, as browsers do where nobody tests them.
export function launch({ keeps = false } = {}) {
  const executablePath = PLACES.find(place => place && existsSync(place));
  if (!executablePath) throw new Error('no Chromium found: install Debian\'s package `chromium`, or set CHROMIUM to its path');
  return chromium.launch({
    executablePath,
    headless: true,
    ignoreDefaultArgs: keeps ? ['--disable-back-forward-cache'] : [],
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// Opens a page in a context of its own and hands it to `use`. Afterwards an error on the console, an exception, a failed
// request, a request to another host or a breach of the content security policy is an error of the test; a status (`expects`)
// or a line on the console (`allows`) that the test asked for is not.
export async function withPage(browser, base, options, use) {
  const { expects = [], allows, ...settings } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, baseURL: base, locale: 'en-GB', reducedMotion: 'reduce', ...settings });
  const wrong = [];
  try {
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', e => console.error(`content security policy: ${e.violatedDirective} refused ${e.blockedURI} ${e.sample}`));
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', message => {
      if (message.type() !== 'error') return;
      if (allows?.test(message.text())) return;
      // Somebody else's change of a review came when it was deleted already: there is no place for it, and none is wanted.
      if (/^htmx:oobErrorNoTarget, #review-\d+/.test(message.text())) return;
      if (expects.some(status => message.text().includes(`status of ${status} `))) return;
      wrong.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', error => wrong.push(`exception: ${error.message}`));
    page.on('requestfailed', request => {
      // A navigation that another one replaces ends so.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') wrong.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
    });
    page.on('request', request => {
      if (new URL(request.url()).origin !== new URL(base).origin) wrong.push(`a request to another host: ${request.url()}`);
    });
    page.on('response', response => {
      if (response.status() >= 400 && !expects.includes(response.status())) wrong.push(`${response.status()} for ${response.url()}`);
    });
    const result = await use(page);
    if (wrong.length) throw new Error(wrong.join('\n'));
    return result;
  } finally {
    await context.close();
  }
}

// `use`, with a picture of the page (`shots` is the folder, if pictures are wanted) where it fails.
export function pictured(shots, name, use, options = { fullPage: true }) {
  return async page => {
    try {
      return await use(page);
    } catch (error) {
      if (shots) await page.screenshot({ path: `${shots}/failed-${name.replaceAll(/\W+/g, '-')}.png`, ...options }).catch(() => {});
      throw error;
    }
  };
}
