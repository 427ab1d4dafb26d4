// Pages of other origins: what their scripts can read of the site, send to it and open on it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { signIn } from './people.mjs';

// An origin with one page and nothing else.
async function origin() {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><html lang="en"><title>Somewhere else</title><link rel="icon" href="data:,"><p>Somewhere else</p></html>'));
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise(done => { server.close(done); server.closeAllConnections() }) };
}

// What a script of the page gets: the status and what it may read, or that the browser keeps it away.
const read = (page, address, options) => page.evaluate(async ([address, options]) => {
  try {
    const answer = await fetch(address, options);
    const text = await answer.text();
    return { status: answer.status, type: answer.type, text: text.slice(0, 60_000), headers: Object.fromEntries(answer.headers) };
  } catch (error) {
    return error.name;
  }
}, [address, options]);

const socket = (page, address) => page.evaluate(address => new Promise(done => {
  const socket = new WebSocket(address, 'quintet.v1');
  socket.onopen = () => { socket.close(); done('open') };
  socket.onerror = () => done('refused');
}), address);

export default function suite({ browser, url, open, peopled, strange }) {
  const test = (name, use) => ({
    name: `origins: ${name}`,
    skip: strange,
    run: async () => {
      await peopled();
      const [friend, stranger] = [await origin(), await origin()];
      let site;
      const context = await browser.newContext({ locale: 'en-GB' });
      try {
        site = await open({ QUINTET_CORS_ORIGINS: friend.url, QUINTET_CORS_CREDENTIALS: 'true', QUINTET_CORS_EXPOSE: 'x-request-id', QUINTET_CHANNELS_ORIGINS: friend.url });
        // Other ports of one host are other origins and the same site: cookies are sent, and only the site's rules keep anybody out.
        for (const at of [url, site.url]) {
          const page = await context.newPage();
          await page.goto(`${at}/login/?next=/account/`);
          await signIn(page, 'ana');
          await page.waitForURL(`${at}/account/`);
        }
        const visit = async place => {
          const page = await context.newPage();
          await page.goto(place.url);
          return page;
        };
        await use({ site, friend: await visit(friend), stranger: await visit(stranger) });
      } finally {
        await context.close();
        await site?.stop();
        await Promise.all([friend.stop(), stranger.stop()]);
      }
    },
  });

  return [
    test('scripts of other origins read what the site lets them, as whom it lets them', async ({ site, friend, stranger }) => {
      const account = { credentials: 'include' };
      // A site that says nothing lets nobody.
      for (const page of [friend, stranger]) {
        assert.equal(await read(page, `${url}/films.json`), 'TypeError');
        assert.equal(await read(page, `${url}/account/`, account), 'TypeError');
      }
      assert.equal(await read(stranger, `${site.url}/films.json`), 'TypeError');
      assert.equal(await read(stranger, `${site.url}/account/`, account), 'TypeError');

      const films = await read(friend, `${site.url}/films.json?limit=1`);
      assert.equal(films.status, 200);
      assert.equal(JSON.parse(films.text).results.length, 1);
      assert.ok(films.headers['x-request-id'], 'a header that is exposed');
      assert.equal(films.headers['x-frame-options'], undefined, 'and no other');
      // With cookies as whoever has signed in, without them as nobody.
      assert.match((await read(friend, `${site.url}/account/`, account)).text, /Ana/);
      assert.doesNotMatch((await read(friend, `${site.url}/account/`)).text, /Ana/);
      // Errors can be read, too.
      assert.equal((await read(friend, `${site.url}/films/999999999/`)).status, 404);
      // The browser asks beforehand: a header that is allowed, one that is not, a method that is not one.
      assert.equal((await read(friend, `${site.url}/films.json?limit=1`, { headers: { authorization: 'Bearer nobody' } })).type, 'cors');
      assert.equal(await read(friend, `${site.url}/films.json?limit=1`, { headers: { 'x-own': '1' } }), 'TypeError');
      assert.equal(await read(stranger, `${site.url}/films.json?limit=1`, { headers: { authorization: 'Bearer nobody' } }), 'TypeError');
    }),

    test('nobody sends a form for somebody else, or opens a channel as them', async ({ site, friend, stranger }) => {
      const own = await friend.context().newPage();
      await own.goto(`${site.url}/`);
      await own.locator('.films .film').first().click();
      await own.locator('#talk').waitFor();
      const at = `${own.url()}say/`;
      const said = async () => {
        await own.reload();
        return own.locator('.lines .text').count();
      };
      const before = await said();
      // As a browser sends it without asking: with cookies, and nothing can be read of the answer.
      for (const page of [friend, stranger]) {
        const home = page.url();
        const form = { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'say=Forged' };
        const answer = page.waitForResponse(at);
        await read(page, at, form);
        assert.equal((await answer).status(), 403);
        // By a form of the page, which leads there.
        const [led] = await Promise.all([
          page.waitForResponse(at),
          page.evaluate(at => {
            const form = Object.assign(document.createElement('form'), { method: 'post', action: at });
            form.append(Object.assign(document.createElement('input'), { name: 'say', value: 'Forged' }));
            document.body.append(form);
            form.submit();
          }, at),
        ]);
        assert.equal(led.status(), 403);
        await page.waitForURL(at);
        await page.goto(home);
      }
      assert.equal(await said(), before);

      const channels = `${site.url.replace('http', 'ws')}/channels/`;
      assert.equal(await socket(stranger, channels), 'refused');
      assert.equal(await socket(friend, channels), 'open');
      assert.equal(await socket(friend, `${url.replace('http', 'ws')}/channels/`), 'refused');
      assert.equal(await socket(own, channels), 'open');
    }),
  ];
}
