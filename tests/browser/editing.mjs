// Films that are added, changed and deleted, by somebody who looks after them.
import assert from 'node:assert/strict';
import { withPage } from './browser.mjs';
import { faults } from './html.mjs';
import { sideways, violations } from './looks.mjs';
import { signIn, tests } from './people.mjs';

// A picture of one dot.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const picture = buffer => ({ name: 'Night Train (poster).png', mimeType: 'image/png', buffer });

export default function suite(given) {
  const { browser, url, shots } = given;
  const test = tests('editing', given);

  // The whole way, looking at each page on it.
  const way = (colorScheme, width) => test(`a film is added with a poster, changed and deleted, ${colorScheme} ${width}`, { expects: [404, 422], colorScheme, viewport: { width, height: 800 } }, async page => {
    const sent = {};
    // As the server sent it, not as the browser mended it: the page that is there now, unless it was the answer to a form.
    const looks = async (name, answer) => {
      sent[name] = await (answer ?? await page.request.get(page.url())).text();
      if (shots) await page.screenshot({ path: `${shots}/editing-${name}-${colorScheme}-${width}.png`, fullPage: true });
      assert.deepEqual(await violations(page), [], name);
      assert.equal(await sideways(page), '', name);
    };
    const press = name => page.getByRole('button', { name }).click();
    const poster = () => page.getByRole('img', { name: /^Poster of Night Train/ });

    await page.goto('/login/');
    await signIn(page, 'edith');
    await page.waitForURL(at => at.pathname === '/');
    await page.getByRole('link', { name: 'Add a film' }).click();
    assert.equal(await page.locator('h1').innerText(), 'Add a film');
    await looks('new');

    await page.getByLabel('Title').fill('Night Train');
    await page.getByLabel('Poster').setInputFiles(picture(Buffer.from('<!doctype html><script>alert(1)</script>')));
    const [refused] = await Promise.all([
      page.waitForResponse(answer => answer.request().method() === 'POST' && answer.request().isNavigationRequest()),
      press('Add the film'),
    ]);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.ok(await alert.evaluate(element => element === document.activeElement), 'reading goes on at the list of what is wrong');
    assert.equal(await page.getByLabel('Poster').getAttribute('aria-invalid'), 'true');
    await looks('wrong', refused);

    assert.equal(await page.getByLabel('Title').inputValue(), 'Night Train', 'what was typed is still there');
    await page.getByLabel('Director').selectOption({ label: 'Steven Spielberg' });
    await page.getByLabel('Released').fill('1985-05-17');
    await page.getByRole('checkbox', { name: 'Drama', exact: true }).check();
    await page.getByLabel('Poster').setInputFiles(picture(PNG));
    await press('Add the film');
    await page.waitForURL(/\/films\/\d+\/$/);
    assert.equal(await page.locator('h1').innerText(), 'Night Train');
    assert.equal(await page.locator('.note').innerText(), '“Night Train” was added.');
    assert.match(await page.locator('.lead').innerText(), /Steven Spielberg.*Drama.*17 May 1985/s);
    assert.equal(await poster().evaluate(async image => { await image.decode(); return image.naturalWidth }), 1);
    await looks('film');

    await page.getByRole('link', { name: 'Edit' }).click();
    assert.ok(await page.getByRole('checkbox', { name: 'Drama', exact: true }).isChecked());
    await looks('edit');
    await page.getByLabel('Title').fill('Night Train to Lisbon');
    await press('Save');
    await page.waitForURL(/\/films\/\d+\/$/);
    assert.equal(await page.locator('.note').innerText(), '“Night Train to Lisbon” was saved.');
    assert.equal(await poster().count(), 1, 'the poster stays');

    const film = page.url(), file = await poster().getAttribute('src');
    await page.getByRole('link', { name: 'Delete…' }).click();
    await looks('delete');
    await press('Delete the film');
    await page.waitForURL(at => at.pathname === '/');
    assert.equal(await page.locator('.note').innerText(), '“Night Train to Lisbon” was deleted.');
    assert.equal((await page.request.get(film)).status(), 404);
    assert.equal((await page.request.get(file)).status(), 404);
    const wrong = await faults(sent);
    assert.equal(wrong.length, 0, wrong.join('\n'));
  });

  return [
    way('light', 1280),
    way('dark', 390),
    {
      name: 'editing: who has not signed in is asked to',
      run: () => withPage(browser, url, {}, async page => {
        await page.goto('/');
        assert.equal(await page.getByRole('link', { name: 'Add a film' }).count(), 0);
        await page.goto('/films/new/');
        assert.equal(new URL(page.url()).pathname, '/login/');
      }),
    },
  ];
}
