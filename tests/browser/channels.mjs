// The client of channels in a real browser, with its policy and its events, against the small site of the client's own tests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Site } from '../../crates/realtime/client/test/server.mjs';
import { launch, withPage } from './browser.mjs';
import { ROOT } from './site.mjs';

const headers = { 'content-security-policy': "default-src 'self'" };
const html = body => ({ type: 'text/html; charset=utf-8', headers, body });
const script = path => ({ type: 'text/javascript; charset=utf-8', headers, body: readFileSync(join(ROOT, path)) });

// As a module, so that every page has `channels` to look at.
const MAIN = `
import { connect } from './channels.js';
import { listen } from './channels-html.js';
window.channels = connect();
window.stop = listen(channels);
window.heard = [];
window.room = channels.join('film:7');
room.on('comment', ({ text }) => heard.push(text));
window.states = [];
room.onState(state => { states.push(state) });
`;
const reviews = (asked, after = '') => `<section id="reviews" data-channel="film:8" data-after="${after}" hx-get="/reviews" hx-trigger="channel:review, channel-gap" hx-swap="outerHTML">asked ${asked} times</section>`;

async function start() {
  let asked = 0;
  return Site.start({
    kept: 3,
    pages: {
      '/': html(`<!doctype html><html lang="en"><head><title>-</title><meta name="htmx-config" content='{"includeIndicatorStyles":false}'><script src="/htmx.js"></script><script type="module" src="/main.js"></script></head><body>${reviews(0)}</body></html>`),
      '/other': html('<!doctype html><html lang="en"><head><title>other</title></head><body><p>Another page</p></body></html>'),
      '/reviews': html(() => reviews(asked += 1)),
      '/late': html((_, path) => reviews('no', decodeURIComponent(path.split('?')[1]))),
      '/favicon.ico': { type: 'image/svg+xml', headers, body: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
      '/main.js': { type: 'text/javascript', headers, body: MAIN },
      '/channels.js': script('crates/realtime/client/channels.js'),
      '/channels-html.js': script('crates/realtime/client/channels-html.js'),
      '/htmx.js': script('demo/cinema/static/cinema/vendor/htmx.min.js'),
    },
  });
}

// The room has been through these, and is in the last of them.
const through = (page, ...states) => page.waitForFunction(states => JSON.stringify(window.states) === states, JSON.stringify(states));
const heard = (page, ...texts) => page.waitForFunction(texts => JSON.stringify(window.heard) === texts, JSON.stringify(texts));

export default function suite({ browser }) {
  const test = (name, use, keeps = false) => ({
    name: `channels: ${name}`,
    run: async () => {
      const site = await start();
      const own = keeps && await launch({ keeps });
      try {
        await withPage(own || browser, site.url, {}, async page => {
          await page.goto('/');
          await through(page, 'joined');
          await use(page, site);
        });
      } finally {
        if (own) await own.close();
        await site.stop();
      }
    },
  });

  return [
    test('a page talks and hears', async (page, site) => {
      assert.deepEqual(await page.evaluate(() => room.say({ event: 'comment', text: 'Wie schön! 🎬' })), { heard: 'comment' });
      site.send('film:7', { event: 'comment', text: 'two' });
      await heard(page, 'Wie schön! 🎬', 'two');
      assert.equal(site.dialled, 1);
      assert.deepEqual(await page.evaluate(() => [...room.presence.keys()]), await page.evaluate(() => [channels.connection]));
    }),

    test('a page hears what it missed', async (page, site) => {
      site.cut();
      site.send('film:7', { event: 'comment', text: 'one' });
      site.send('film:7', { event: 'comment', text: 'two' });
      await through(page, 'joined', 'away', 'joining', 'joined');
      site.send('film:7', { event: 'comment', text: 'three' });
      await heard(page, 'one', 'two', 'three');
    }),

    test('after a logout nobody comes back', async (page, site) => {
      site.bye('logout', undefined, 4001);
      await through(page, 'joined', 'left');
      assert.equal(await page.evaluate(() => channels.state), 'closed');
      assert.equal(await page.locator('#reviews').getAttribute('data-state'), 'left');
    }),

    test('a page that is gone leaves', async (page, site) => {
      await page.goto('/other');
      while (site.connections.size) await new Promise(done => setTimeout(done, 10));
      await page.goBack();
      await through(page, 'joined');
      assert.equal(site.connections.size, 1);
    }),

    test('a page that somebody goes back to is the same, and hears what it missed', async (page, site) => {
      await page.evaluate(() => { addEventListener('pageshow', ({ persisted }) => { window.kept = persisted }) });
      await page.goto('/other');
      while (site.connections.size) await new Promise(done => setTimeout(done, 10));
      site.send('film:7', { event: 'comment', text: 'meanwhile' });
      await page.goBack({ waitUntil: 'commit' });
      await through(page, 'joined', 'away', 'joining', 'joined');
      await heard(page, 'meanwhile');
      assert.equal(await page.evaluate(() => window.kept), true);
    }, true),

    test('htmx loads a part again when something is said, and after a gap', async (page, site) => {
      await page.locator('#reviews[data-state=joined]').waitFor();
      site.send('film:8', { event: 'review', stars: 5 });
      await page.getByText('asked 1 times').waitFor();
      // The part that came hears, too.
      await page.locator('#reviews[data-state=joined]').waitFor();
      site.send('film:8', { event: 'nothing that it wants' });
      site.send('film:8', { event: 'review', stars: 4 });
      await page.getByText('asked 2 times').waitFor();
      site.cut();
      for (let i = 0; i < 5; i++) site.send('film:8', { event: 'nothing that it wants' });
      await page.getByText('asked 3 times').waitFor();
      await page.evaluate(() => document.querySelector('#reviews').remove());
      await page.evaluate(() => room.say({ event: 'comment', text: 'after it' }));
      assert.deepEqual([...site.connections.values()].map(({ topics }) => [...topics]), [['film:7']]);
    }),

    test('htmx hears what a part missed on its way into the page', async (page, site) => {
      await page.locator('#reviews[data-state=joined]').waitFor();
      const at = await page.evaluate(() => channels.join('film:8').at);
      site.send('film:8', { event: 'nothing that it wants' });
      await page.waitForFunction(at => channels.join('film:8').at !== at, at);
      // It was made before that was said.
      await page.evaluate(at => htmx.ajax('GET', `/late?${at}`, { target: '#reviews', swap: 'outerHTML' }), at);
      await page.locator('#reviews:not(.htmx-settling)', { hasText: 'asked 1 times' }).waitFor();
      // Said while htmx has not looked at it yet.
      const coming = page.evaluate(() => htmx.ajax('GET', '/late?', { target: '#reviews', swap: 'outerHTML settle:500ms' }));
      await page.locator('#reviews.htmx-settling', { hasText: 'asked no times' }).waitFor();
      site.send('film:8', { event: 'review', stars: 3 });
      await coming;
      await page.getByText('asked 2 times').waitFor();
    }),

    test('elements hear their topic, come, change and go', async (page, site) => {
      await page.evaluate(() => {
        window.said = [];
        for (const name of ['channel:review', 'channel-presence', 'channel-state']) document.addEventListener(name, ({ type, detail, target }) => said.push([target.id, type, detail.stars ?? detail.state ?? detail.presence.size]), true);
        document.body.insertAdjacentHTML('beforeend', '<p id="one" data-channel="film:9">one</p><p id="two" data-channel=""></p>');
      });
      const done = count => page.waitForFunction(count => window.said.length >= count, count);
      await page.locator('#one[data-state=joined]').waitFor();
      site.send('film:9', { event: 'review', stars: 1 });
      await done(3);
      await page.evaluate(() => { document.querySelector('#one').dataset.channel = 'secret:1' });
      await page.locator('#one[data-state=refused]').waitFor();
      assert.deepEqual(await page.evaluate(() => said), [['one', 'channel-state', 'joined'], ['one', 'channel-presence', 1], ['one', 'channel:review', 1], ['one', 'channel-state', 'refused']]);
      await page.evaluate(() => stop());
      await page.evaluate(() => room.say({ event: 'comment', text: 'after it' }));
      assert.deepEqual([...site.connections.values()].map(({ topics }) => [...topics]), [['film:7']]);
    }),
  ];
}
