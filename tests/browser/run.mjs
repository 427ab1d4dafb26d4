// The demo site in a real browser: what visitors do, what every page must look like, and its HTML.
//
//   node tests/browser/run.mjs [PART OF A TEST'S NAME]
//
//   SHOTS=folder             pictures of every page, theme and size, and of every test that fails
//   QUINTET_BROWSER_FULL=1   more pages, sizes and preferences
//   QUINTET_BROWSER_URL=…    a site that runs already, instead of building and starting one
//   CHROMIUM=…               the browser, if it isn't where Debian puts it
//
// The last line says how many tests passed and failed; the exit status is 1 if one failed.
import { mkdirSync } from 'node:fs';
import { launch } from './browser.mjs';
import { start } from './site.mjs';
import accounts from './accounts.mjs';
import behaviour from './behaviour.mjs';
import channels from './channels.mjs';
import editing from './editing.mjs';
import forms from './forms.mjs';
import html from './html.mjs';
import live from './live.mjs';
import looks from './looks.mjs';
import { invite } from './people.mjs';
import origins from './origins.mjs';
import reviews from './reviews.mjs';
import toolbar from './toolbar.mjs';

const LIMIT = 90_000;
const only = process.argv[2] ?? '';
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

function within(ms, work) {
  let timer;
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`not done after ${ms / 1000} s`)), ms) });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

let passed = 0, failed = 0;
const site = await start();
let developed, formed, hurried, invited;
const browser = await launch();
try {
  // Started by the first test that needs it.
  const same = site.database && { DATABASE_URL: site.database };
  const develop = () => developed ??= start({ QUINTET_DEBUG: 'true', ...same });
  // Who is there is asked for the password again after seconds, not minutes.
  const hurry = () => hurried ??= start({ QUINTET_AUTH_FRESH_FOR: '4s', ...same });
  // The example with a form of every widget.
  const form = () => formed ??= start({}, 'widgets');
  // One more, with other settings.
  const open = more => start({ ...more, ...same });
  // A site that runs already has no users that tests know.
  const strange = site.database ? undefined : 'nobody can sign in to a site that was not started here';
  // Who signs in, from the first test on that needs somebody.
  const peopled = async () => {
    invited ??= invite(site, [
      { username: 'ana', first_name: 'Ana', last_name: 'Ruiz' },
      { username: 'ben' },
      { username: 'cem' },
      ...['dora', 'emil', 'finn', 'gwen', 'hana'].map(username => ({ username, email: `${username}@example.com` })),
      { username: 'mira', moderator: true },
      { username: 'edith', is_staff: true },
    ]) ?? true;
  };
  // Those that change films come last: the others count them.
  const tests = [behaviour, looks, html, toolbar, accounts, channels, origins, live, forms, reviews, editing].flatMap(suite => suite({ browser, url: site.url, mail: site.mail, develop, form, hurry, open, peopled, strange, shots, full: Boolean(process.env.QUINTET_BROWSER_FULL) }));
  for (const { name, skip, run } of tests) {
    if (!name.includes(only)) continue;
    if (skip) {
      console.log(`skipped  ${name}: ${skip}`);
      continue;
    }
    const begun = performance.now();
    try {
      await within(LIMIT, run());
      passed += 1;
      console.log(`ok       ${name} (${Math.round(performance.now() - begun)} ms)`);
    } catch (error) {
      failed += 1;
      const where = String(error.stack).split('\n').filter(line => line.includes('/tests/browser/') && !line.includes('node_modules'));
      console.log(`FAILED   ${name}\n         ${String(error.message).replaceAll('\n', '\n         ')}\n${where.join('\n')}`);
    }
  }
} finally {
  await browser.close();
  await (await developed)?.stop();
  await (await formed)?.stop();
  await (await hurried)?.stop();
  await site.stop();
}
if (failed && site.said()) console.log(`\nThe end of what the site said:\n${site.said().split('\n').slice(-20).join('\n')}`);
if (passed + failed === 0) {
  console.log(`no test's name holds “${only}”`);
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
