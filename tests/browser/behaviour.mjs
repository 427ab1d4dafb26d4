// What visitors do, one test each. Every test begins on a page of its own.
import assert from 'node:assert/strict';
import { pictured, withPage } from './browser.mjs';
import { count, films, has } from './data.mjs';

const cards = page => page.locator('.films .film');
const titles = page => page.locator('.films .film h3').allInnerTexts();
const ratings = async page => (await page.locator('.films .film b').allInnerTexts()).map(text => Number(text.match(/[\d.]+/)));
const years = async page => (await page.locator('.films .film h3 + p').allInnerTexts()).map(text => Number(text.match(/\b(?:19|20)\d\d\b/)?.[0]));
const number = text => Number(text.replaceAll(',', '').match(/\d+/)?.[0]);
const found = async page => number(await page.locator('.result h2').innerText());
const sorted = (values, compare) => assert.deepEqual(values, [...values].sort(compare));
const falling = values => sorted(values, (a, b) => b - a);

// Chooses in a select; the script submits the form at once.
async function choose(page, label, value) {
  const select = page.getByRole('combobox', { name: label });
  const name = await select.getAttribute('name');
  await Promise.all([page.waitForURL(url => url.searchParams.get(name) === value), select.selectOption(value)]);
}

export default function suite({ browser, url, shots }) {
  const test = (name, options, use) => ({
    name,
    run: () => withPage(browser, url, options, pictured(shots, name, use)),
  });

  return [
    test('home shows the number of films and the first of them', {}, async page => {
      await page.goto('/');
      assert.equal(number(await page.locator('h1').innerText()), films.length);
      assert.equal(await found(page), films.length);
      assert.ok(await cards(page).count() >= 10);
      assert.ok((await titles(page)).every(title => title.trim()));
    }),

    test('the best rated come first', {}, async page => {
      await page.goto('/');
      const shown = await ratings(page);
      falling(shown);
      assert.equal(shown[0], Math.max(...films.map(film => film.rating ?? 0)));
    }),

    test('search finds titles and directors, and says how many', {}, async page => {
      await page.goto('/');
      for (const words of ['dark knight', 'coppola']) {
        await page.getByLabel('Search', { exact: true }).fill(words);
        await Promise.all([page.waitForURL(at => at.searchParams.get('q') === words), page.getByRole('button', { name: 'Show' }).click()]);
        assert.equal(await found(page), count(film => has(film.title, words) || has(film.director, words)), words);
        assert.equal(await page.getByLabel('Search', { exact: true }).inputValue(), words);
      }
      assert.ok((await page.locator('.films .film').allInnerTexts()).every(text => has(text, 'coppola')));
    }),

    test('what is typed is searched for at once, and the address follows', {}, async page => {
      await page.goto('/?decade=1990');
      const search = page.getByLabel('Search', { exact: true });
      await search.pressSequentially('fargo', { delay: 20 });
      await page.waitForURL(at => at.searchParams.get('q') === 'fargo');
      assert.deepEqual(await titles(page), ['Fargo']);
      assert.equal(new URL(page.url()).search, '?q=fargo&decade=1990', 'no empty fields');
      assert.ok(await search.evaluate(field => field === document.activeElement && field.selectionStart === 5), 'the cursor stays');
      assert.match(await page.locator('#say').textContent(), /1 film/);
      await page.locator('.pills a').filter({ hasText: /^All$/ }).waitFor();
      assert.match(await page.locator('.pills a').nth(1).getAttribute('href'), /q=fargo/, 'the genres keep what is typed');
      await page.goBack();
      await page.waitForFunction(() => document.querySelectorAll('.films .film').length > 5);
      assert.equal(new URL(page.url()).search, '?decade=1990');
    }),

    test('a list goes on when its end comes into sight, without a script by a link', {}, async page => {
      await page.goto('/?sort=title');
      const before = await cards(page).count();
      await page.locator('.films .more').scrollIntoViewIfNeeded();
      await page.waitForFunction(before => document.querySelectorAll('.films .film').length > before, before);
      const all = await titles(page);
      assert.equal(new Set(await page.locator('.films .film').evaluateAll(links => links.map(link => link.href))).size, all.length, 'no film twice');
      assert.equal(new URL(page.url()).search, '?sort=title');
      const html = await (await fetch(page.url())).text();
      assert.match(html, /<li class="more"><a href="[^"]*after=[^"]*page=2"/);
    }),

    test('the statistics show their figures', {}, async page => {
      await page.goto('/statistics/');
      const section = page.locator('section', { has: page.locator('#years') });
      assert.match(await section.locator('h2').innerText(), /\d{4} has the most films: \d+/);
      await section.getByText('The figures').click();
      assert.ok(await section.locator('tbody tr').count() > 50);
    }),

    test('a search without a result says so and leads back', {}, async page => {
      await page.goto('/?q=qqqqqq');
      assert.equal(await cards(page).count(), 0);
      assert.match(await page.locator('.empty').innerText(), /no film/i);
      await page.getByRole('link', { name: 'Show all films' }).click();
      assert.equal(await found(page), films.length);
    }),

    test('what is typed is shown as typed', {}, async page => {
      const nasty = '"><script>alert(1)</script>&amp;%_\\';
      await page.goto(`/?q=${encodeURIComponent(nasty)}`);
      assert.equal(await page.getByLabel('Search', { exact: true }).inputValue(), nasty);
      assert.equal(await cards(page).count(), 0);
      await page.goto(`/?q=${encodeURIComponent('%')}`);
      assert.equal(await page.locator('.result h2').count(), 1);
      assert.equal((await titles(page)).filter(title => !title.includes('%')).length, 0, 'a per cent sign is no wildcard');
    }),

    test('a genre can be picked, and taken away again', {}, async page => {
      await page.goto('/');
      await page.getByRole('navigation', { name: 'Genres' }).getByRole('link', { name: 'Drama' }).first().click();
      assert.equal(await found(page), count(film => film.genre === 'Drama'));
      assert.match(await page.locator('.pills [aria-current]').innerText(), /^Drama/);
      await page.getByRole('link', { name: 'Remove Genre Drama' }).click();
      assert.equal(await found(page), films.length);
    }),

    test('a decade can be chosen', {}, async page => {
      await page.goto('/');
      await choose(page, 'Decade', '1980');
      const total = await found(page);
      assert.ok(total > 0 && total < films.length);
      const shown = await years(page);
      assert.ok(shown.length > 0 && shown.every(year => year >= 1980 && year < 1990), String(shown));
    }),

    test('a least rating can be chosen', {}, async page => {
      await page.goto('/');
      await choose(page, 'Rating', '8');
      assert.equal(await found(page), count(film => film.rating >= 8));
      await choose(page, 'Sort by', 'oldest');
      assert.ok((await ratings(page)).every(rating => rating >= 8));
    }),

    test('a select that is walked through by keys waits for the button', {}, async page => {
      await page.goto('/');
      const before = page.url();
      await page.getByRole('combobox', { name: 'Decade' }).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      const value = await page.getByRole('combobox', { name: 'Decade' }).inputValue();
      assert.match(value, /^\d{4}$/);
      assert.equal(page.url(), before);
      await page.getByRole('button', { name: 'Show' }).click();
      assert.equal(new URL(page.url()).searchParams.get('decade'), value);
    }),

    test('filters combine, and the address holds them', {}, async page => {
      await page.goto('/');
      await page.getByRole('navigation', { name: 'Genres' }).getByRole('link', { name: 'Comedy' }).first().click();
      await choose(page, 'Decade', '1990');
      await choose(page, 'Rating', '7');
      const shown = await titles(page), total = await found(page);
      assert.ok(total > 0 && total < count(film => film.genre === 'Comedy' && film.rating >= 7));
      await page.goto(page.url());
      assert.deepEqual(await titles(page), shown);
      assert.equal(await page.locator('.chip').count(), 3);
      await page.getByRole('link', { name: 'Remove all' }).click();
      assert.equal(await found(page), films.length);
    }),

    test('the order can be chosen', {}, async page => {
      await page.goto('/');
      await choose(page, 'Sort by', 'newest');
      falling(await years(page));
      await choose(page, 'Sort by', 'oldest');
      sorted(await years(page), (a, b) => a - b);
      await choose(page, 'Sort by', 'title');
      const shown = await titles(page);
      assert.ok(shown[0].localeCompare(shown.at(-1)) < 0);
    }),

    test('pages follow each other without repeating a film', {}, async page => {
      await page.goto('/?q=the&sort=title');
      const seen = [], pages = Math.ceil(await found(page) / 20);
      for (const at of [1, 2, 3]) {
        assert.equal(await page.locator('.pages [aria-current=page]').innerText(), `Page ${at} of ${pages}`);
        seen.push(...await page.locator('.films .film').evaluateAll(links => links.map(link => link.href)));
        if (at < 3) await Promise.all([page.waitForURL(to => to.searchParams.get('page') === String(at + 1)), page.locator('.pages a[rel=next]').click()]);
      }
      assert.equal(new Set(seen).size, seen.length);
      const before = () => page.locator('.pages a[rel=prev]').click();
      await Promise.all([page.waitForURL(to => to.searchParams.has('before')), before()]);
      assert.equal(await page.locator('.pages [aria-current=page]').innerText(), `Page 2 of ${pages}`);
      assert.deepEqual(await page.locator('.films .film').evaluateAll(links => links.map(link => link.href)), seen.slice(20, 40), 'backwards in the same order');
      await before();
      await page.waitForURL(to => !to.searchParams.has('before') && !to.searchParams.has('after'));
      assert.deepEqual(await page.locator('.films .film').evaluateAll(links => links.map(link => link.href)), seen.slice(0, 20));
    }),

    test('names are searched for while they are typed', {}, async page => {
      for (const [path, field, words] of [['/directors/', 'director', 'coen'], ['/distributors/', 'distributor', 'warner']]) {
        await page.goto(path);
        const all = await page.locator('.names li a').count();
        await page.getByLabel('Search', { exact: true }).pressSequentially(words, { delay: 20 });
        await page.waitForURL(at => at.searchParams.get('q') === words);
        const names = new Set(films.map(film => film[field]?.trim()).filter(name => has(name, words)));
        assert.equal(await page.locator('.names li a').count(), names.size);
        assert.ok(names.size > 0 && names.size < all);
        await page.waitForFunction(said => document.querySelector('#say').textContent.includes(said), `${names.size} ${field}`);
        await page.getByRole('link', { name: `Remove Search ${words}` }).click();
        assert.equal(await page.locator('.names li a').count(), all);
        await page.goto(`${path}?q=qqqqqq`);
        assert.match(await page.locator('.empty').innerText(), /is called like that/);
      }
    }),

    test('a genre leads to its films, and a film back to it', {}, async page => {
      await page.goto('/');
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Genres' }).click();
      await page.getByRole('link', { name: 'Western', exact: true }).click();
      assert.equal(await page.locator('h1').innerText(), 'Western');
      assert.match(await page.locator('.lead').innerText(), new RegExp(`^${count(film => film.genre === 'Western')} films`));
      await page.locator('.grid .title a').first().click();
      await page.locator('.kv').getByRole('link', { name: 'Western' }).click();
      await page.getByRole('link', { name: 'Search and filter these films' }).click();
      assert.equal(await found(page), count(film => film.genre === 'Western'));
    }),

    test('a distributor’s films come page by page', {}, async page => {
      await page.goto('/?q=Inception');
      await cards(page).first().click();
      await page.locator('.kv').getByRole('link', { name: 'Warner Bros.' }).click();
      assert.equal(await page.locator('h1').innerText(), 'Warner Bros.');
      const rows = () => page.locator('.grid tbody a').evaluateAll(links => links.map(link => link.href));
      const first = await rows();
      await page.locator('.pages a[rel=next]').click();
      await page.waitForURL(to => to.searchParams.has('after'));
      const second = await rows();
      assert.equal(new Set([...first, ...second]).size, first.length + second.length);
      await page.locator('.pages a[rel=prev]').click();
      await page.waitForURL(to => !to.searchParams.has('after'));
      assert.deepEqual(await rows(), first);
    }),

    test('a list that can’t go on from there says so', { expects: [400] }, async page => {
      for (const address of ['/?after=nonsense', '/genres/western/?after=nonsense']) {
        assert.equal((await page.goto(address)).status(), 400);
        assert.match(await page.locator('.empty').innerText(), /can’t be shown.*go on from there/is);
      }
    }),

    test('a film leads to its director and back to the film', {}, async page => {
      await page.goto('/?q=Inception');
      await cards(page).first().click();
      assert.equal(await page.locator('h1').innerText(), 'Inception');
      assert.match(await page.title(), /^Inception/);
      assert.ok(await page.locator('.facts dd').count() >= 4);
      await page.getByRole('link', { name: 'Christopher Nolan' }).first().click();
      assert.equal(await page.locator('h1').innerText(), 'Christopher Nolan');
      assert.equal(await page.locator('.grid tbody tr').count(), count(film => film.director === 'Christopher Nolan'));
      await page.locator('.grid').getByRole('link', { name: 'Memento' }).click();
      assert.equal(await page.locator('h1').innerText(), 'Memento');
    }),

    test('all directors are listed', {}, async page => {
      await page.goto('/');
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Directors' }).click();
      const names = new Set(films.map(film => film.director?.trim()).filter(Boolean));
      assert.equal(await page.locator('.names li a').count(), names.size);
    }),

    test('an unknown address is a 404 in the site’s own dress', { expects: [404] }, async page => {
      for (const address of ['/no/such/page/', '/films/999999999/', '/films/word/']) {
        const answer = await page.goto(address);
        assert.equal(answer.status(), 404, address);
        assert.match(await page.locator('h1').innerText(), /not on the programme/i, address);
      }
      await page.getByRole('link', { name: 'Show all films' }).click();
      assert.equal(await found(page), films.length);
    }),

    test('everything works without script', { javaScriptEnabled: false }, async page => {
      await page.goto('/');
      await page.getByLabel('Search', { exact: true }).fill('star');
      await page.getByRole('combobox', { name: 'Decade' }).selectOption('1980');
      await page.getByRole('combobox', { name: 'Sort by' }).selectOption('oldest');
      await page.getByRole('button', { name: 'Show' }).click();
      const shown = await years(page);
      assert.ok(shown.length > 0 && shown.every(year => year >= 1980 && year < 1990));
      await page.goto('/');
      await page.locator('.pages a[rel=next]').click();
      assert.equal(new URL(page.url()).searchParams.get('page'), '2');
      const title = (await titles(page))[0];
      await cards(page).first().click();
      assert.equal(await page.locator('h1').innerText(), title);
      assert.equal(await page.locator('[data-do=theme]').isVisible(), false, 'a button that does nothing is not shown');
    }),

    test('a slash goes to the search field, but not while typing', {}, async page => {
      await page.goto('/');
      await page.keyboard.press('/');
      const field = page.getByLabel('Search', { exact: true });
      assert.ok(await field.evaluate(element => element === document.activeElement));
      assert.equal(await field.inputValue(), '');
      await page.keyboard.type('face/off');
      assert.equal(await field.inputValue(), 'face/off');
      await Promise.all([page.waitForURL(at => at.searchParams.get('q') === 'face/off'), page.keyboard.press('Enter')]);
      assert.equal(await found(page), count(film => has(film.title, 'face/off')));
    }),

    test('the first tab stop skips to the content', {}, async page => {
      await page.goto('/');
      await page.keyboard.press('Tab');
      assert.equal(await page.locator(':focus').innerText(), 'Skip to content');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator(':focus').getAttribute('id'), 'main');
    }),

    test('every stop of the keyboard is visible', {}, async page => {
      await page.goto('/');
      const stops = await page.locator('a[href], button, input:not([type=hidden]), select').filter({ visible: true }).count();
      for (let stop = 0; stop < Math.min(stops, 40); stop += 1) {
        await page.keyboard.press('Tab');
        const { ring, what } = await page.locator(':focus').evaluate(element => {
          const style = getComputedStyle(element);
          return { ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1, what: element.outerHTML.slice(0, 120) };
        });
        assert.ok(ring, `no focus ring on ${what}`);
      }
    }),

    test('the theme can be switched and is remembered', { colorScheme: 'light' }, async page => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.goto('/');
      const day = await ground();
      await page.getByRole('button', { name: 'Switch light and dark' }).click();
      const night = await ground();
      assert.notEqual(night, day);
      assert.match(await page.locator('[role=status]').innerText(), /dark/i);
      await cards(page).first().click();
      await page.waitForURL(at => at.pathname !== '/');
      assert.equal(await ground(), night);
    }),

    test('every page has a strict content security policy', { expects: [404] }, async page => {
      for (const address of ['/', '/?q=star', '/directors/', '/no/such/page/']) {
        const answer = await page.goto(address);
        const policy = answer.headers()['content-security-policy'] ?? '';
        assert.match(policy, /default-src 'self'|default-src 'none'/, `${address}: ${policy}`);
        assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/, address);
        assert.equal(answer.headers()['x-content-type-options'], 'nosniff', address);
      }
    }),

    test('a script that is injected does not run', { allows: /content security policy/i }, async page => {
      await page.goto('/');
      const refused = page.waitForEvent('console', message => /content security policy/i.test(message.text()));
      const ran = await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        return Boolean(window.injected);
      });
      assert.equal(ran, false);
      await refused;
    }),
  ];
}
