// The toolbar of the site in debug: what a developer does with it.
import assert from 'node:assert/strict';
import { pictured, withPage } from './browser.mjs';
import { violations } from './looks.mjs';

const handle = page => page.getByRole('button', { name: /toolbar$/ });
const tab = (page, name) => page.getByRole('tab', { name });
const body = page => page.getByRole('tabpanel');

// What the page itself is laid out as.
const layout = page => page.evaluate(() => JSON.stringify([...document.body.querySelectorAll('*')].map(e => { const r = e.getBoundingClientRect(); return [e.tagName, r.x, r.y, r.width, r.height] })));

export default function suite({ browser, url, develop, shots, full }) {
  const test = (name, options, use) => ({
    name: `toolbar: ${name}`,
    run: async () => {
      const site = await develop();
      return withPage(browser, site.url, options, pictured(shots, `toolbar-${name}`, page => use(page, site.url), {}));
    },
  });

  const tests = [
    test('it is opened, walked through and closed by keys', {}, async page => {
      await page.goto('/');
      assert.match(await handle(page).innerText(), /\d+(\.\d+)? ms\s+\d+ quer/);
      assert.equal(await handle(page).getAttribute('aria-expanded'), 'false');
      await handle(page).focus();
      await page.keyboard.press('Enter');
      await tab(page, /^Queries/).and(page.locator('[aria-selected="true"]')).waitFor();
      assert.equal(await page.evaluate(() => document.querySelector('quintet-toolbar').shadowRoot.activeElement.getAttribute('role')), 'tab');
      assert.match(await body(page).innerText(), /SELECT/);
      assert.match(await body(page).innerText(), /src\/.*\.rs:\d+/, 'the place in the program');
      await page.keyboard.press('ArrowRight');
      assert.equal(await tab(page, /^Templates/).getAttribute('aria-selected'), 'true');
      assert.match(await body(page).innerText(), /home\.html|films\.html|index\.html/);
      await page.keyboard.press('Home');
      assert.equal(await tab(page, /^Requests/).getAttribute('aria-selected'), 'true');
      await page.keyboard.press('Escape');
      assert.equal(await body(page).count(), 0);
      assert.equal(await handle(page).getAttribute('aria-expanded'), 'false');
      assert.ok(await page.evaluate(() => document.querySelector('quintet-toolbar').shadowRoot.activeElement.className === 'handle'), 'the focus is where it was');
    }),

    test('a plan is told when it is asked for', {}, async page => {
      await page.goto('/');
      await handle(page).click();
      await body(page).getByRole('button', { name: 'Plan' }).first().click();
      await page.getByRole('region', { name: 'Plan' }).waitFor();
      assert.match(await page.getByRole('region', { name: 'Plan' }).innerText(), /SCAN|SEARCH/);
    }),

    test('the list has what scripts ask for and what redirects, and leads to it', { expects: [404] }, async page => {
      await page.goto('/');
      await handle(page).click();
      await tab(page, /^Requests/).click();
      await page.evaluate(() => fetch('/no/such/thing.json', { headers: { accept: 'application/json' } }));
      const row = body(page).getByRole('button', { name: 'GET /no/such/thing.json' });
      await row.waitFor();
      await row.click();
      await tab(page, /^Request$/).and(page.locator('[aria-selected="true"]')).waitFor();
      assert.match(await body(page).innerText(), /404/);
      const own = await page.request.get('/__quintet/toolbar/requests');
      assert.equal((await own.json())[0].address, '/no/such/thing.json');
    }),

    test('a page is laid out as without it', {}, async (page, developed) => {
      await page.goto('/directors/');
      await handle(page).waitFor();
      const with_ = await layout(page);
      assert.equal(await page.evaluate(() => document.body.innerHTML.includes('<quintet-toolbar')), false);
      await page.route('**/__quintet/**', route => route.abort());
      const bare = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', reducedMotion: 'reduce' });
      try {
        const other = await bare.newPage();
        await other.route('**/__quintet/**', route => route.abort());
        await other.goto(`${developed}/directors/`);
        assert.equal(await other.locator('quintet-toolbar').count(), 0);
        assert.equal(await layout(other), with_);
      } finally {
        await bare.close();
      }
    }),

    test('it can be hidden, and has a page of its own', { bypassCSP: true }, async page => {
      await page.goto('/');
      await handle(page).click();
      await page.getByRole('button', { name: 'Hide in this tab' }).click();
      await page.goto('/statistics/');
      await page.waitForLoadState('networkidle');
      assert.equal(await page.locator('quintet-toolbar').count(), 0);
      await page.goto('/__quintet/toolbar/');
      await body(page).getByRole('button', { name: 'GET /statistics/' }).first().click();
      await tab(page, /^Queries/).click();
      assert.match(await body(page).innerText(), /SELECT/);
      assert.deepEqual(await violations(page), []);
    }),

    {
      name: 'toolbar: the site that is no development site has none',
      run: () => withPage(browser, url, { expects: [404] }, async page => {
        await page.goto('/');
        assert.equal(await page.locator('script[src*="__quintet"]').count(), 0);
        assert.equal((await page.request.get('/__quintet/toolbar/requests')).status(), 404);
      }),
    },
  ];

  // axe-core puts a style of its own into shadow trees, which the policy refuses; the tests above keep the policy.
  for (const colorScheme of ['light', 'dark']) {
    for (const width of full ? [320, 390, 768, 1280, 1920] : [390, 1280]) {
      tests.push(test(`looks ${colorScheme} ${width}`, { colorScheme, bypassCSP: true, viewport: { width, height: width < 600 ? 844 : 800 } }, async page => {
        await page.goto('/');
        await handle(page).waitFor();
        if (shots) await page.screenshot({ path: `${shots}/toolbar-closed-${colorScheme}-${width}.png` });
        await handle(page).click();
        for (const name of ['Requests', 'Request', 'Time', 'Queries', 'Templates', 'Settings']) {
          await tab(page, new RegExp(`^${name}\\b(?!s)`)).first().click();
          await body(page).locator('*').first().waitFor();
          if (shots) await page.screenshot({ path: `${shots}/toolbar-${name.toLowerCase()}-${colorScheme}-${width}.png` });
          // What lies half under it counts as too small a target, as under every bar: its own parts are looked at.
          assert.deepEqual(await violations(page, false, ['quintet-toolbar']), [], name);
        }
      }));
    }
  }
  return tests;
}
