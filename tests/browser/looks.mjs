// What every page must be in every theme and size: without a violation that axe-core finds, without sideways scrolling.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { withPage } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Where a page is found: an address, or the way to it from one.
export const PAGES = [
  { name: 'home', open: page => page.goto('/') },
  { name: 'film', open: async page => { await page.goto('/?q=Inception'); await page.locator('.films .film').first().click(); await page.locator('.filmtop').waitFor() } },
  { name: 'director', open: async page => { await page.goto('/?q=Fargo'); await page.locator('.films .film').first().click(); await page.getByRole('link', { name: 'Joel Coen' }).first().click(); await page.locator('.chart, .grid').first().waitFor() } },
  { name: 'directors', open: page => page.goto('/directors/') },
  { name: 'director-found', open: page => page.goto('/directors/?q=co') },
  { name: 'director-unknown', open: page => page.goto('/directors/?q=qqqqqq') },
  { name: 'genres', open: page => page.goto('/genres/') },
  { name: 'genre', open: page => page.goto('/genres/western/') },
  { name: 'distributors', open: page => page.goto('/distributors/') },
  { name: 'distributor', open: async page => { await page.goto('/distributors/?q=Walt Disney'); await page.locator('.names a').first().click(); await page.locator('.grid').waitFor() } },
  { name: 'refused', expects: [400], open: page => page.goto('/?after=nonsense') },
  { name: 'statistics', open: page => page.goto('/statistics/') },
  { name: 'found', open: page => page.goto('/?genre=comedy&decade=1990&rating=7&sort=newest') },
  { name: 'not-found', expects: [404], open: page => page.goto('/no/such/page/') },
];

// The longest title, a page in the middle, a list with nothing in it.
const MORE = [
  { name: 'longest-title', open: async page => { await page.goto('/?q=Borat'); await page.locator('.films .film').first().click(); await page.locator('.filmtop').waitFor() } },
  { name: 'next-page', open: async page => { await page.goto('/'); await page.locator('.pages a[rel=next]').click(); await page.waitForURL(at => at.searchParams.has('after')) } },
  { name: 'nothing', open: page => page.goto('/?q=qqqqqq') },
];

export async function violations(page, forcedColors, within) {
  await page.evaluate(axe);
  // With forced colours the browser paints others than the sheet's, which are what axe-core would compare.
  const rules = { 'target-size': { enabled: true }, 'color-contrast': { enabled: !forcedColors } };
  const found = await page.evaluate(([rules, within]) => axe.run(within ? { include: within } : document, { resultTypes: ['violations'], rules }), [rules, within]);
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.target.join(' ')}\n${node.failureSummary}`));
}

export async function sideways(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement;
    if (scrollWidth <= clientWidth) return '';
    const out = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > clientWidth + 1 && !e.closest('.scroll'));
    return `${scrollWidth} px wide in ${clientWidth}: ${out.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(' | ')}`;
  });
}

export default function suite({ browser, url, shots, full }) {
  const looks = [];
  const pages = full ? [...PAGES, ...MORE] : PAGES;
  const widths = full ? [320, 390, 768, 1280, 1920] : [390, 1280];
  for (const { name, open, expects } of pages) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of widths) looks.push({ name, open, expects, colorScheme, width, extra: '' });
      if (full) {
        looks.push({ name, open, expects, colorScheme, width: 1280, extra: 'forced-colors', forcedColors: 'active' });
        for (const wide of [390, 1280]) looks.push({ name, open, expects, colorScheme, width: wide, extra: 'rtl', rtl: true });
      }
    }
  }
  return looks.map(({ name, open, expects, colorScheme, width, extra, rtl, forcedColors }) => {
    const label = [name, colorScheme, width, extra].filter(Boolean).join('-');
    return {
      name: `looks: ${label}`,
      run: () => withPage(browser, url, { expects, colorScheme, forcedColors, viewport: { width, height: width < 600 ? 844 : 800 } }, async page => {
        await open(page);
        if (rtl) await page.evaluate(() => { document.documentElement.dir = 'rtl' });
        if (shots) await page.screenshot({ path: `${shots}/${label}.png`, fullPage: true });
        assert.equal(await sideways(page), '');
        const wrong = await violations(page, forcedColors);
        assert.equal(wrong.length, 0, wrong.join('\n'));
      }),
    };
  });
}
