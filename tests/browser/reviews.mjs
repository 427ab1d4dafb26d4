// People sign in, say what they think of films and take it back; moderators hide it.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';
import { faults } from './html.mjs';
import { sideways, violations } from './looks.mjs';
import { PASSWORD, signIn, tests } from './people.mjs';

export default function suite(given) {
  const { browser, url, shots } = given;
  const test = tests('reviews', given);

  const press = (page, name) => page.getByRole('button', { name }).click();
  // A film that no other test says anything about.
  const film = async (page, title) => {
    await page.goto(`/?q=${encodeURIComponent(title)}&sort=oldest`);
    await page.locator('.films .film').first().click();
    await page.locator('.filmtop').waitFor();
    return page.url();
  };

  const way = (colorScheme, width, username, title, javaScriptEnabled = true) => test(
    `somebody writes, changes and deletes a review, ${colorScheme} ${width}${javaScriptEnabled ? '' : ', without script'}`,
    { expects: [422], colorScheme, javaScriptEnabled, viewport: { width, height: 800 } },
    async page => {
      const sent = {};
      const looks = async (name, within) => {
        if (shots) await page.screenshot({ path: `${shots}/reviews-${name}-${colorScheme}-${width}.png`, fullPage: true });
        if (!javaScriptEnabled) return;
        assert.deepEqual(await violations(page, false, within), [], name);
        assert.equal(await sideways(page), '', name);
        if (colorScheme === 'light') sent[name] = await page.evaluate(async () => (await fetch(location.href)).text());
      };
      const note = page.locator('.note[role=status]');
      const at = await film(page, title);
      assert.equal(await page.getByRole('radio').count(), 0, 'nobody writes without a name');
      await looks('anonymous');
      await page.getByRole('link', { name: 'Sign in to write a review' }).click();
      await looks('login');
      await signIn(page, username, 'not my password');
      await page.getByRole('alert').waitFor();
      assert.match(await page.getByRole('alert').innerText(), /The username or the password is wrong/);
      assert.equal(await page.getByLabel('Username').inputValue(), username);
      assert.equal(await page.getByLabel('Password').inputValue(), '');
      await looks('login-wrong');
      await signIn(page, username);
      await page.waitForURL(/\/films\/\d+\/review\/$/);
      await looks('form');

      await page.goto(at);
      await press(page, 'Post the review');
      if (javaScriptEnabled) {
        // The browser asks for the stars itself, before anything is sent.
        assert.equal(await page.getByRole('radio', { name: '1 star' }).evaluate(input => input.validity.valueMissing), true);
      }
      await page.getByRole('radio', { name: '4 stars' }).check({ force: true });
      await page.locator('textarea').fill('   ');
      await press(page, 'Post the review');
      await page.getByRole('alert').waitFor();
      assert.match(await page.getByRole('alert').innerText(), /say in a few words why/);
      assert.ok(await page.getByRole('radio', { name: '4 stars' }).isChecked(), 'what was chosen is still there');
      if (javaScriptEnabled) {
        assert.equal(page.url(), at, 'the page is the same');
        await page.waitForFunction(() => document.activeElement?.matches('[role=alert]'));
      }
      await looks('wrong');
      await page.locator('textarea').fill('Two notes,\nand you sit straight. <script>alert(1)</script>');
      await press(page, 'Post the review');
      await note.waitFor();
      assert.match(await note.innerText(), /^Thank you/);
      const own = page.locator('.own .comment');
      assert.match(await own.innerText(), /4 of 5 stars.*Two notes,\nand you sit straight\. <script>/s);
      assert.match(await page.locator('.mean').innerText(), /4\.0 of 5 from 1 review/);
      await page.evaluate(() => scrollTo(0, 0));
      await looks('own');

      await page.getByRole('link', { name: 'Edit your review' }).click();
      await page.getByRole('button', { name: 'Save' }).waitFor();
      if (javaScriptEnabled) assert.ok(page.url().startsWith(at), 'the form comes to where the review was');
      await looks('edit');
      await page.getByRole('radio', { name: '5 stars' }).check({ force: true });
      await press(page, 'Save');
      await page.getByRole('link', { name: 'Edit your review' }).waitFor();
      assert.match(await own.innerText(), /5 of 5 stars.*changed/s);

      // The menu has the ways for whoever is there.
      await page.locator('.who summary').click();
      // It lies over what is below it.
      await looks('menu', '.who');
      await page.getByRole('link', { name: 'Your reviews' }).click();
      await looks('mine');
      await page.getByRole('link', { name: `Delete your review of ${title}` }).click();
      await looks('delete');
      await press(page, 'Delete the review');
      await note.waitFor();
      assert.match(await note.innerText(), /was deleted/);
      assert.equal(await own.count(), 0);

      await page.locator('.who summary').click();
      await page.getByRole('link', { name: 'Your account' }).click();
      await looks('account');
      await page.getByRole('link', { description: 'Password', exact: true }).click();
      await looks('password');
      await page.goto('/logout/');
      await looks('logout');
      await page.getByRole('main').getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
      assert.deepEqual(await faults(sent), []);
    },
  );

  return [
    way('light', 1280, 'ana', 'Memento'),
    way('dark', 390, 'ben', 'Inception'),
    way('light', 1280, 'cem', 'Memento', false),
    test('a moderator hides a review and shows it again', { viewport: { width: 1280, height: 800 } }, async page => {
      const at = await film(page, 'Alien');
      await page.goto(`/login/?next=${new URL(at).pathname}`);
      await signIn(page, 'ana');
      await page.waitForURL(at);
      assert.equal(await page.getByRole('button', { name: /^Hide/ }).count(), 0);
      await page.getByRole('radio', { name: '1 star', exact: true }).check({ force: true });
      await page.locator('textarea').fill('Spoiler: the cat lives.');
      await press(page, 'Post the review');
      await page.getByRole('link', { name: 'Edit your review' }).waitFor();

      const sent = {};
      await withPage(browser, url, {}, async other => {
        const looks = async name => {
          for (const [colorScheme, width] of [['light', 1280], ['dark', 390]]) {
            await other.emulateMedia({ colorScheme });
            await other.setViewportSize({ width, height: 800 });
            if (shots) await other.screenshot({ path: `${shots}/reviews-${name}-${colorScheme}-${width}.png`, fullPage: true });
            assert.deepEqual(await violations(other), [], name);
            assert.equal(await sideways(other), '', name);
          }
          await other.setViewportSize({ width: 1280, height: 800 });
          sent[name] = await other.evaluate(async () => (await fetch(location.href)).text());
        };
        await other.goto('/login/?next=/reviews/');
        await signIn(other, 'mira');
        await other.waitForURL(at => at.pathname === '/reviews/');
        await looks('moderation');
        await press(other, 'Hide the review by Ana Ruiz');
        assert.match(await other.locator('.note').innerText(), /is hidden/);
        await other.getByRole('link', { name: 'Hidden', exact: true }).click();
        assert.match(await other.locator('.said').innerText(), /the cat lives/);
        await looks('moderation-hidden');
      });
      await withPage(browser, url, {}, async stranger => {
        await stranger.goto(at);
        assert.equal(await stranger.getByText('the cat lives').count(), 0);
      });
      await page.reload();
      assert.match(await page.locator('.own').innerText(), /A moderator has hidden it/);

      await withPage(browser, url, {}, async other => {
        await other.goto(`/login/?next=${new URL(at).pathname}`);
        await signIn(other, 'mira', PASSWORD);
        await other.waitForURL(at);
        await press(other, 'Show the review by Ana Ruiz');
        assert.match(await other.locator('.note').innerText(), /sees the review again/);
      });
      await withPage(browser, url, {}, async stranger => {
        await stranger.goto(at);
        assert.equal(await stranger.getByText('the cat lives').count(), 1);
      });
      assert.deepEqual(await faults(sent), []);
      // As it was: the other tests look at films that nobody has said anything about.
      await page.getByRole('link', { name: 'Delete…' }).click();
      await press(page, 'Delete the review');
      await page.waitForURL(at => at.pathname.startsWith('/films/'));
    }),
    test('the menu opens and closes by keys', {}, async page => {
      await page.goto('/login/');
      await signIn(page, 'ana');
      const summary = page.locator('.who summary');
      await summary.focus();
      await page.keyboard.press('Enter');
      assert.ok(await page.getByRole('button', { name: 'Log out' }).isVisible());
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Your reviews');
      await page.keyboard.press('Escape');
      assert.equal(await page.getByRole('button', { name: 'Log out' }).isVisible(), false);
      assert.ok(await summary.evaluate(element => element === document.activeElement));
    }),
    test('stars are chosen by keys', {}, async page => {
      const at = await film(page, 'Fargo');
      await page.goto(`/login/?next=${new URL(at).pathname}`);
      await signIn(page, 'ana');
      await page.waitForURL(at);
      await page.getByRole('radio', { name: '1 star', exact: true }).focus();
      for (let n = 0; n < 2; n += 1) await page.keyboard.press('ArrowRight');
      assert.ok(await page.getByRole('radio', { name: '3 stars' }).isChecked());
    }),
  ];
}
