// A form with every widget, and rows that a script adds: the example `widgets`.
import assert from 'node:assert/strict';
import { pictured, withPage } from './browser.mjs';
import { faults } from './html.mjs';
import { sideways, violations } from './looks.mjs';

export default function suite({ browser, form, shots }) {
  const test = (name, options, use) => ({
    name: `forms: ${name}`,
    run: async () => withPage(browser, (await form()).url, options, pictured(shots, `forms-${name}`, use)),
  });
  const rows = page => page.locator('fieldset[data-row="lines"]');
  const add = page => page.getByRole('button', { name: 'Add a line' });
  const total = page => page.locator('input[name="lines-TOTAL"]').inputValue();

  const every = (colorScheme, width) => test(`every widget can be used and is valid, ${colorScheme} ${width}`, { expects: [422], colorScheme, viewport: { width, height: 800 } }, async page => {
    const sent = {};
    const looks = async (name, answer) => {
      sent[name] = await answer.text();
      if (shots) await page.screenshot({ path: `${shots}/forms-${name}-${colorScheme}-${width}.png`, fullPage: true });
      assert.deepEqual(await violations(page), [], name);
      assert.equal(await sideways(page), '', name);
    };
    await looks('empty', await page.goto('/'));
    const [refused] = await Promise.all([
      page.waitForResponse(answer => answer.request().method() === 'POST'),
      page.getByRole('button', { name: 'Send' }).click(),
    ]);
    assert.equal(refused.status(), 422);
    await page.getByRole('alert').waitFor();
    await looks('wrong', refused);
    // Every link of the summary leads to something that can be filled in, or to the group of it.
    for (const link of await page.getByRole('alert').getByRole('link').all()) {
      const target = page.locator(`[id="${(await link.getAttribute('href')).slice(1)}"]`);
      assert.equal(await target.count(), 1, await link.innerText());
      assert.ok(await target.evaluate(e => e.matches('input, select, textarea, fieldset')), await link.innerText());
    }
    const wrong = await faults(sent);
    assert.equal(wrong.length, 0, wrong.join('\n'));
  });

  return [
    every('light', 1280),
    every('dark', 390),
    test('a button adds rows, as many as there may be', {}, async page => {
      await page.goto('/');
      await page.evaluate(() => {
        window.told = [];
        document.addEventListener('quintet:row', event => window.told.push([event.target.id, event.detail.number]));
      });
      assert.equal(await rows(page).count(), 1);
      assert.equal(await total(page), '1');
      assert.ok(await add(page).isEnabled());

      await add(page).click();
      assert.equal(await rows(page).count(), 2);
      assert.equal(await total(page), '2');
      const second = rows(page).nth(1);
      assert.equal(await second.getAttribute('id'), 'id_lines-1');
      assert.equal(await second.locator('legend').innerText(), 'Line 2');
      assert.ok(await second.getByLabel('Item').evaluate(e => e === document.activeElement), 'one types on in the new row');
      assert.equal(await second.getByLabel('Item').getAttribute('name'), 'lines-1-item');
      assert.equal(await second.getByLabel('Pieces').inputValue(), '1');
      assert.ok(!(await second.innerHTML()).includes('__n__'), await second.innerHTML());
      assert.deepEqual(await page.evaluate(() => window.told), [['id_lines-1', 1]]);
      assert.deepEqual(await violations(page), []);

      // Four are all, until one of them is to go.
      await page.keyboard.press('Tab');
      await add(page).press('Enter');
      await add(page).press('Enter');
      assert.equal(await rows(page).count(), 4);
      assert.ok(await add(page).isDisabled());
      await second.getByLabel('Delete').check();
      assert.ok(await add(page).isEnabled());
      await add(page).click();
      assert.ok(await add(page).isDisabled());
      assert.equal(await rows(page).nth(4).getByLabel('Item').getAttribute('name'), 'lines-4-item');
      await second.getByLabel('Delete').uncheck();
      assert.ok(await add(page).isDisabled());
      assert.deepEqual(await page.evaluate(() => window.told.map(([, number]) => number)), [1, 2, 3, 4]);
    }),
    test('rows that were added are sent with the others', { expects: [422] }, async page => {
      await page.goto('/');
      await page.getByLabel('Title').fill('Ink & pens');
      await page.getByRole('radio', { name: 'Far away' }).check();
      await page.getByLabel('Amount').fill('12.50');
      await page.getByLabel('Currency').selectOption('EUR');
      await rows(page).nth(0).getByLabel('Item').fill('pens');
      await rows(page).nth(0).getByLabel('Pieces').fill('3');
      for (const [at, item] of ['gone', 'much too long for a line of this list, really', 'ink'].entries()) {
        await add(page).click();
        await rows(page).nth(at + 1).getByLabel('Item').evaluate((e, item) => { e.value = item }, item);
      }
      await rows(page).nth(1).getByLabel('Delete').check();
      await page.getByRole('button', { name: 'Send' }).click();
      const alert = page.getByRole('alert').filter({ hasText: 'Line 3, Item' });
      await alert.waitFor();
      assert.equal(await rows(page).nth(3).getByLabel('Item').inputValue(), 'ink', 'what was typed into added rows is still there');
      assert.ok(await rows(page).nth(1).getByLabel('Delete').isChecked());
      assert.ok(await page.getByRole('radio', { name: 'Far away' }).isChecked());

      await rows(page).nth(2).getByLabel('Item').fill('blotting paper');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.waitForURL(at => at.pathname === '/sent/');
      assert.equal(await page.locator('h1').innerText(), '“Ink & pens” is on its way');
      assert.deepEqual(await page.locator('li').allInnerTexts(), ['3 × pens', '1 × blotting paper', '1 × ink']);
    }),
    test('without scripts there are empty rows, and no button', { javaScriptEnabled: false }, async page => {
      await page.goto('/');
      assert.equal(await rows(page).count(), 1);
      assert.equal(await add(page).count(), 0);
    }),
  ];
}
