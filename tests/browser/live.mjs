// Pages that are open: who is there, what is said, what changes, and what is missed when the connection is gone.
import assert from 'node:assert/strict';
import { launch, withPage } from './browser.mjs';
import { faults } from './html.mjs';
import { sideways, violations } from './looks.mjs';
import { signIn, tests } from './people.mjs';

export default function suite(given) {
  const { browser, url, shots } = given;
  const test = tests('live', given);

  // Where no other test says anything.
  const film = async (page, title) => {
    await page.goto(`/?q=${encodeURIComponent(title)}&sort=oldest`);
    await page.locator('.films .film').first().click();
    await page.locator('.filmtop').waitFor();
    return page.url();
  };
  const enter = async (page, username, at) => {
    await page.goto(`/login/?next=${new URL(at).pathname}`);
    await signIn(page, username);
    await page.waitForURL(at);
  };
  const here = (page, text) => page.locator('#here', { hasText: text }).waitFor();
  const say = async (page, text) => {
    await page.getByRole('textbox', { name: 'Your comment' }).fill(text);
    await page.getByRole('button', { name: 'Say it' }).click();
    await page.locator('.lines .text', { hasText: text }).waitFor();
    // One goes on writing, in an empty field.
    await page.waitForFunction(() => document.activeElement?.name === 'say' && !document.activeElement.value);
  };
  const hears = (page, text) => page.locator('.lines .text', { hasText: text }).waitFor();
  const lines = page => page.locator('.lines .text').allInnerTexts();
  const other = (options, use) => withPage(browser, url, options, use);

  // Both themes and a phone, and the HTML as it stands now.
  const looks = async (page, name, within) => {
    for (const [colorScheme, width] of [['light', 1280], ['dark', 1280], ['light', 390], ['dark', 390]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      if (shots) await page.screenshot({ path: `${shots}/live-${name}-${colorScheme}-${width}.png`, fullPage: !within });
      assert.deepEqual(await violations(page, false, within), [], `${name} ${colorScheme} ${width}`);
      assert.equal(await sideways(page), '', `${name} ${colorScheme} ${width}`);
    }
    // What axe-core leaves behind, htmx would carry over to what comes, which the policy of the page forbids.
    await page.evaluate(() => document.querySelectorAll('[style]').forEach(element => element.removeAttribute('style')));
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 800 });
    const sent = await page.evaluate(async () => (await fetch(location.href)).text());
    const now = await page.evaluate(() => `<!doctype html>${document.documentElement.outerHTML}`);
    assert.deepEqual(await faults({ [`${name}-sent`]: sent, [`${name}-now`]: now }), []);
  };

  return [
    test('two browsers see each other and talk', {}, async ana => {
      const at = await film(ana, 'Fargo');
      await here(ana, 'You are the only one here.');
      await enter(ana, 'ana', at);
      await here(ana, 'You are the only one here.');
      await other({ expects: [503], allows: /Code 503|htmx:/ }, async ben => {
        await enter(ben, 'ben', at);
        await here(ana, '2 people are here: you and ben.');
        await here(ben, '2 people are here: you and Ana Ruiz.');
        // Another page of the same person is nobody else; two pages of one guest are one guest.
        const again = await ben.context().newPage();
        await again.goto(at);
        await here(again, 'you and Ana Ruiz.');
        await other({}, async guest => {
          await guest.goto(at);
          await here(ana, '3 people are here: you, ben and a guest.');
          const more = await guest.context().newPage();
          await more.goto(at);
          await here(more, '3 people are here: you, Ana Ruiz and ben.');
          await here(ana, '3 people are here: you, ben and a guest.');
        });
        await here(ana, '2 people are here: you and ben.');

        await say(ana, 'Is anybody here?');
        await hears(ben, 'Is anybody here?');
        await hears(again, 'Is anybody here?');
        // What somebody is writing stays when others say something.
        await ben.getByRole('textbox', { name: 'Your comment' }).pressSequentially('Yes, <b>me</b>');
        await ana.locator('#typing', { hasText: 'ben is typing…' }).waitFor();
        assert.equal(await again.locator('#typing').innerText(), '', 'not on the other page of who types');
        await say(ana, 'Hello?');
        await hears(ben, 'Hello?');
        assert.equal(await ben.getByRole('textbox', { name: 'Your comment' }).inputValue(), 'Yes, <b>me</b>');
        // The answer takes its time. What is written and said meanwhile is not lost.
        let arrive;
        const slow = new Promise(done => { arrive = done });
        await ben.route('**/say/', async route => {
          const response = await route.fetch();
          await slow;
          await route.fulfill({ response });
        });
        await ben.keyboard.press('Enter');
        await hears(ana, 'Yes, <b>me</b>');
        await ana.waitForFunction(() => document.querySelector('#typing').textContent === '');
        assert.deepEqual(await lines(ana), ['Yes, <b>me</b>', 'Hello?', 'Is anybody here?']);
        await ben.getByRole('textbox', { name: 'Your comment' }).pressSequentially('and');
        await ana.locator('#typing', { hasText: 'ben is typing…' }).waitFor();
        // One's own goes, here and there.
        assert.equal(await ana.getByRole('button', { name: /^Delete/ }).count(), 2);
        await ana.getByRole('button', { name: 'Delete your comment: Hello?' }).click();
        for (const page of [ana, again]) await page.waitForFunction(() => document.querySelectorAll('.lines li').length === 2);
        arrive();
        await ben.waitForFunction(() => document.querySelectorAll('.lines li').length === 2);
        await ben.unroute('**/say/');
        assert.equal(await ben.getByRole('textbox', { name: 'Your comment' }).inputValue(), 'and');
        // Nor is a comment that can't be sent.
        await ben.route('**/say/', route => route.fulfill({ status: 503 }));
        await ben.keyboard.type(' more');
        await ben.keyboard.press('Enter');
        await ben.waitForFunction(() => document.activeElement?.value === 'and more');
        await ben.unroute('**/say/');

        await say(ben, 'What I say may be as long as three hundred letters, and then it is shown in several lines, as many as it takes.');
        await ben.getByRole('textbox', { name: 'Your comment' }).pressSequentially('and');
        await ana.locator('#typing', { hasText: 'ben is typing…' }).waitFor();
        await looks(ana, 'talk');
      });
    }),

    test('who closes a page is gone, and so is a process that ends', {}, async ana => {
      const at = await film(ana, 'Casablanca');
      await here(ana, 'You are the only one here.');
      await other({}, async ben => {
        await enter(ben, 'ben', at);
        const again = await ben.context().newPage();
        await again.goto(at);
        await here(ana, '2 people are here: you and ben.');
        await again.close();
        await here(ana, '2 people are here: you and ben.');
        await ben.close();
        await here(ana, 'You are the only one here.');
      });
      // A browser of its own: its process is killed, and nobody says goodbye.
      const own = await launch();
      await withPage(own, url, {}, async cem => {
        await enter(cem, 'cem', at);
        await here(ana, '2 people are here: you and cem.');
        const session = await own.newBrowserCDPSession();
        const { processInfo } = await session.send('SystemInfo.getProcessInfo');
        for (const { id } of processInfo.filter(({ type }) => type !== 'browser')) process.kill(id, 'SIGKILL');
        await here(ana, 'You are the only one here.');
      });
      await own.close();
    }),

    test('who was cut off has what was said meanwhile', { allows: /WebSocket|ERR_INTERNET_DISCONNECTED/ }, async ana => {
      // A connection that hears nothing more and does not know it yet, which is what a network that is gone looks like.
      await ana.addInitScript(() => {
        const Real = WebSocket;
        window.sockets = [];
        window.WebSocket = class extends Real { constructor(...given) { super(...given); window.sockets.push(this) } };
      });
      const at = await film(ana, 'Se7en');
      await here(ana, 'You are the only one here.');
      await other({}, async ben => {
        await enter(ben, 'ben', at);
        await here(ana, 'you and ben.');
        const asked = [];
        ana.on('request', request => asked.push(new URL(request.url()).pathname));
        await ana.context().setOffline(true);
        await ana.evaluate(() => sockets.at(-1).close());
        await here(ben, 'You are the only one here.');
        await say(ben, 'one');
        await say(ben, 'two');
        await here(ana, 'Not live now');
        await looks(ben, 'alone');
        if (shots) await ana.screenshot({ path: `${shots}/live-away.png` });
        assert.deepEqual(await lines(ana), []);
        await ana.context().setOffline(false);
        await hears(ana, 'two');
        assert.deepEqual(await lines(ana), ['two', 'one']);
        await here(ana, '2 people are here: you and ben.');
        assert.ok(asked.every(path => path.endsWith('/talk/')), `it resumed, and loaded no page again: ${asked}`);
        await say(ben, 'three');
        await hears(ana, 'three');
      });
    }),

    test('a page that comes from the history is live', {}, async ana => {
      const at = await film(ana, 'Taxi Driver');
      await here(ana, 'You are the only one here.');
      await ana.goto('/genres/');
      await other({}, async ben => {
        await enter(ben, 'ben', at);
        await say(ben, 'back?');
        await ana.goBack();
        await hears(ana, 'back?');
        await here(ben, 'you and a guest.');
      });
    }),

    test('reviews of others change the page and leave a form alone', {}, async ana => {
      const at = await film(ana, 'Groundhog Day');
      await enter(ana, 'ana', at);
      await here(ana, 'only one');
      await other({}, async ben => {
        await enter(ben, 'ben', at);
        await here(ana, 'you and ben.');
        await ana.getByRole('radio', { name: '2 stars' }).check({ force: true });
        await ana.locator('textarea').fill('Not again.');

        await ben.getByRole('radio', { name: '5 stars' }).check({ force: true });
        await ben.locator('textarea').fill('Again and again.');
        await ben.getByRole('button', { name: 'Post the review' }).click();
        await ben.locator('.note', { hasText: 'Thank you' }).waitFor();
        const fresh = ana.getByRole('button', { name: 'Show 1 new review' });
        await fresh.waitFor();
        await ana.locator('#tally', { hasText: 'from 1 review' }).waitFor();
        assert.equal(await ana.locator('.said .comment').count(), 0, 'nothing moves by itself');
        await looks(ana, 'fresh');
        await fresh.click();
        await ana.locator('.said .text', { hasText: 'Again and again.' }).waitFor();
        await fresh.waitFor({ state: 'hidden' });
        assert.equal(await ben.locator('#fresh').isVisible(), false, 'one knows one’s own');
        assert.equal(await ana.evaluate(() => document.activeElement.id), 'reviews-head');
        assert.equal(await ana.locator('textarea').inputValue(), 'Not again.');
        assert.ok(await ana.getByRole('radio', { name: '2 stars' }).isChecked());

        // What the page shows changes where it is.
        await ben.getByRole('link', { name: 'Edit your review' }).click();
        await ben.getByRole('radio', { name: '3 stars' }).check({ force: true });
        await ben.locator('textarea').fill('Enough.');
        await ben.getByRole('button', { name: 'Save' }).click();
        await ana.locator('.said .text', { hasText: 'Enough.' }).waitFor();
        await ana.locator('.mean', { hasText: '3.0' }).waitFor();
        await other({}, async mira => {
          await enter(mira, 'mira', at);
          await mira.getByRole('button', { name: 'Hide the review by ben' }).click();
          await ana.waitForFunction(() => !document.querySelector('.said .comment'));
          await ben.locator('#notes .note', { hasText: 'A moderator has hidden your review' }).waitFor();
          await ben.getByText('only you and they see it').waitFor();
          await mira.getByRole('button', { name: 'Show the review by ben' }).click();
          await ana.locator('#tally', { hasText: 'from 1 review' }).waitFor();
          await ben.waitForFunction(() => document.querySelectorAll('#notes .note').length === 2);
        });
        await looks(ben, 'notes', '#notes');
        await ben.getByRole('link', { name: 'Delete…' }).click();
        await ben.getByRole('button', { name: 'Delete the review' }).click();
        await ana.waitForFunction(() => !document.querySelector('#tally aside'));
        assert.equal(await ana.locator('textarea').inputValue(), 'Not again.');
      });
    }),

    test('reviews that change together are all shown', {}, async ana => {
      const at = await film(ana, 'Casablanca');
      const people = ['ben', 'cem', 'mira'];
      const pages = [];
      const all = async (use, rest = people) => {
        if (!rest.length) return use();
        await other({}, async page => {
          pages.push(page);
          await enter(page, rest[0], at);
          await page.getByRole('radio', { name: '4 stars' }).check({ force: true });
          await page.locator('textarea').fill('First.');
          await page.getByRole('button', { name: 'Post the review' }).click();
          await page.locator('.own .text', { hasText: 'First.' }).waitFor();
          await all(use, rest.slice(1));
        });
      };
      await all(async () => {
        await ana.reload();
        const texts = () => ana.waitForFunction(() => document.querySelectorAll('.said .text').length === 3);
        await texts();
        await here(ana, 'ben');
        await Promise.all(pages.map(async (page, i) => {
          await page.getByRole('link', { name: 'Edit your review' }).click();
          await page.locator('textarea').fill(`Second by ${people[i]}.`);
        }));
        await Promise.all(pages.map(page => page.getByRole('button', { name: 'Save' }).click()));
        for (const name of people) await ana.locator('.said .text', { hasText: `Second by ${name}.` }).waitFor();
        await texts();
      });
    }),

    test('what somebody does shows on their other pages', {}, async ana => {
      const at = await film(ana, 'Rushmore');
      await enter(ana, 'ana', at);
      const context = ana.context();
      const [same, elsewhere] = [await context.newPage(), await context.newPage()];
      await same.goto(at);
      await elsewhere.goto('/genres/');
      await here(same, 'only one');
      await elsewhere.waitForFunction(() => document.querySelector('#notes'));
      await ana.getByRole('radio', { name: '4 stars' }).check({ force: true });
      await ana.locator('textarea').fill('O are they?');
      await ana.getByRole('button', { name: 'Post the review' }).click();
      for (const page of [same, elsewhere]) await page.locator('#notes .note', { hasText: 'Your review of “Rushmore” is here now.' }).waitFor();
      await same.locator('.own .text', { hasText: 'O are they?' }).waitFor();
      assert.equal(await same.locator('#fresh').isVisible(), false);
      assert.equal(await ana.locator('#notes .note').count(), 0, 'the page that did it knows');
      assert.equal(await same.evaluate(() => document.activeElement.tagName), 'BODY', 'nobody is taken anywhere');

      await other({}, async ben => {
        await enter(ben, 'ben', at);
        await say(ben, 'They are.');
        await elsewhere.locator('#notes .note', { hasText: 'ben says something about “Rushmore”.' }).waitFor();
        await hears(same, 'They are.');
        assert.equal(await same.locator('#notes .note').count(), 1, 'who sees it needs no note');
        await looks(elsewhere, 'elsewhere', '#notes');
        await elsewhere.getByRole('button', { name: 'Dismiss' }).first().click();
        assert.equal(await elsewhere.locator('#notes .note').count(), 1);
        await elsewhere.getByRole('link', { name: 'Show' }).click();
        await elsewhere.waitForURL(to => to.pathname === new URL(at).pathname && to.hash === '#talk');
      });
      await ana.getByRole('link', { name: 'Delete…' }).click();
      await ana.getByRole('button', { name: 'Delete the review' }).click();
      await same.locator('#notes .note', { hasText: 'was deleted' }).waitFor();
      await same.getByRole('button', { name: 'Post the review' }).waitFor();
    }),

    test('who signs out on one page is told on the others', {}, async ana => {
      const at = await film(ana, 'Clerks');
      await enter(ana, 'ana', at);
      await here(ana, 'only one');
      const page = await ana.context().newPage();
      await page.goto('/logout/');
      await page.getByRole('main').getByRole('button', { name: 'Log out' }).click();
      await here(ana, 'This page is not live any more.');
      await ana.getByRole('link', { name: 'Load it again' }).click();
      await ana.getByRole('link', { name: 'Sign in to talk' }).waitFor();
    }),

    test('the talk works without script', { javaScriptEnabled: false, expects: [422] }, async page => {
      const at = await film(page, 'Jaws');
      await page.getByRole('link', { name: 'Sign in to talk' }).click();
      await signIn(page, 'cem');
      await page.waitForURL(/\/say\/$/);
      await page.goto(at);
      assert.equal(await page.locator('#here').isVisible(), false);
      assert.equal(await page.locator('#fresh').isVisible(), false);
      await page.getByRole('textbox', { name: 'Your comment' }).fill('   ');
      await page.getByRole('button', { name: 'Say it' }).click();
      await page.getByText('write something first').first().waitFor();
      await page.getByRole('textbox', { name: 'Your comment' }).fill('We need a bigger boat.');
      await page.getByRole('button', { name: 'Say it' }).click();
      await page.waitForURL(to => to.hash === '#talk');
      assert.deepEqual(await lines(page), ['We need a bigger boat.']);
      if (shots) await page.screenshot({ path: `${shots}/live-no-script.png`, fullPage: true });
      await page.getByRole('button', { name: 'Delete your comment' }).click();
      await page.waitForURL(to => to.hash === '#talk');
      assert.deepEqual(await lines(page), []);
    }),
  ];
}
