// The pages of an account, each as somebody comes by it: signing up, signing in, what was forgotten, what is changed, second
// factors, sessions, tokens. Every page is looked at in both themes, on a desk and on a phone.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { pictured, withPage } from './browser.mjs';
import { faults } from './html.mjs';
import { sideways, violations } from './looks.mjs';
import { mailTo } from './mails.mjs';
import { PASSWORD, signIn } from './people.mjs';

const OTHER = 'six strings and a hat';

// What an app shows for a secret, so many steps of half a minute from now (RFC 6238).
function codeOf(secret, steps = 0) {
  const bits = [...secret.replaceAll(' ', '')].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest.at(-1) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export default function suite({ browser, url, mail, hurry, peopled, strange, shots }) {
  const test = (name, { at, ...options }, use) => ({
    name: `accounts: ${name}`,
    skip: strange,
    run: async () => {
      await peopled();
      const sent = {};
      await withPage(browser, at ? (await at()).url : url, { viewport: { width: 1280, height: 800 }, colorScheme: 'light', ...options }, async page => {
        let last;
        page.on('response', answer => {
          const led = answer.status() >= 300 && answer.status() < 400;
          if (answer.request().isNavigationRequest() && !led) last = answer;
        });
        // In both themes and sizes; and its HTML as it was sent, to an address or to a form.
        const looks = async title => {
          assert.equal(await page.locator('h1').innerText(), title);
          const label = title.toLowerCase().replaceAll(/\W+/g, '-').replace(/-$/, '');
          let key = label;
          for (let n = 2; sent[key]; n += 1) key = `${label}-${n}`;
          sent[key] = await last.text();
          for (const colorScheme of ['dark', 'light']) {
            await page.emulateMedia({ colorScheme });
            for (const width of [390, 1280]) {
              await page.setViewportSize({ width, height: width < 600 ? 844 : 800 });
              if (shots) await page.screenshot({ path: `${shots}/account-${key}-${colorScheme}-${width}.png`, fullPage: true });
              assert.deepEqual(await violations(page), [], `${key} ${colorScheme} ${width}`);
              assert.equal(await sideways(page), '', key);
            }
          }
        };
        await pictured(shots, `accounts-${name}`, page => use(page, looks))(page);
      });
      assert.deepEqual(await faults(sent), []);
    },
  });

  const press = (page, name) => page.getByRole('main').getByRole('button', { name }).click();
  const told = page => page.locator('.note[role=status]').innerText();
  const wrong = page => page.getByRole('alert').innerText();
  const come = async (page, username, next = '/account/', password = PASSWORD) => {
    await page.goto(`/login/?next=${encodeURIComponent(next)}`);
    await signIn(page, username, password);
    await page.waitForURL(at => at.pathname === next);
  };
  const choose = async (page, password, again = password) => {
    const fields = page.locator('input[autocomplete=new-password]');
    await fields.first().fill(password);
    await fields.last().fill(again);
  };
  // A link leads on at once, so that no address holds a secret.
  const follow = async (page, link, to) => {
    await page.goto(link);
    assert.equal(new URL(page.url()).pathname, to);
  };

  return [
    test('somebody signs up by a link in a mail', { expects: [410, 422] }, async (page, looks) => {
      await page.goto('/login/');
      for (const label of ['Username', 'Password']) assert.match(await page.locator('label', { hasText: label }).innerText(), /\*$/, `${label} is marked as needed`);
      await page.getByRole('link', { name: 'Sign up' }).click();
      await looks('Sign up');
      await page.getByLabel('E-mail address').evaluate(field => { field.type = 'text' });
      await page.getByLabel('E-mail address').fill('nobody');
      await press(page, 'Send the link');
      await page.locator('.err').waitFor();
      await looks('Sign up');
      await page.getByLabel('E-mail address').fill('zoe@example.com');
      await press(page, 'Send the link');
      await page.getByText('We have sent you a link').waitFor();
      await looks('Look into your mail');
      const letter = await mailTo(mail, 'zoe@example.com', /^Finish your account/);
      assert.deepEqual(await faults({ letter: letter.html }), []);
      await follow(page, letter.links[0], '/signup/finish/');
      await looks('Finish your account');
      for (const label of await page.locator('label').all()) assert.match(await label.innerText(), /\*$/, 'all of it is needed');
      await page.getByLabel('Username').fill('ana');
      await choose(page, '12345678', '87654321');
      await press(page, 'Sign up');
      await page.locator('.err').first().waitFor();
      assert.match(await page.locator('.err').allInnerTexts().then(texts => texts.join('\n')), /taken.*not the same password/is);
      await looks('Finish your account');
      await page.getByLabel('Username').fill('zoe');
      await choose(page, PASSWORD);
      await press(page, 'Sign up');
      await page.locator('.who').waitFor();
      assert.match(await told(page), /Welcome/);
      // The link was good once.
      await page.goto(letter.links[0]);
      await looks('This link is not valid');
    }),

    test('who has forgotten the password gets another one', { expects: [410, 422] }, async (page, looks) => {
      await page.goto('/login/');
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await looks('Forgot your password?');
      await page.getByLabel('E-mail address').fill('dora@example.com');
      await press(page, 'Send the link');
      await page.getByText('If there is an account').waitFor();
      await looks('Look into your mail');
      const letter = await mailTo(mail, 'dora@example.com', /^Another password/);
      assert.deepEqual(await faults({ letter: letter.html }), []);
      await follow(page, letter.links[0], '/password/reset/new/');
      await looks('Choose another password');
      await choose(page, OTHER, `${OTHER}s`);
      await press(page, 'Set it');
      await page.locator('.err').first().waitFor();
      await looks('Choose another password');
      await choose(page, OTHER);
      await press(page, 'Set it');
      await page.waitForURL(at => at.pathname === '/login/');
      assert.match(await told(page), /another password/);
      await looks('Sign in');
      await signIn(page, 'dora', OTHER);
      await page.locator('.who').waitFor();
    }),

    test('the account says who somebody is, and leads to all that can be changed', { expects: [422] }, async (page, looks) => {
      await come(page, 'emil', '/');
      await page.locator('.who summary').click();
      await page.getByRole('link', { name: 'Your account' }).click();
      await looks('Your account');
      await page.getByLabel('First name').fill('x'.repeat(151));
      await page.getByLabel('First name').evaluate(field => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(151) });
      await press(page, 'Save');
      await page.locator('.err').waitFor();
      await looks('Your account');
      await page.getByLabel('First name').fill('Emil');
      await page.getByLabel('Last name').fill('Sand');
      await press(page, 'Save');
      await page.locator('.note[role=status]').waitFor();
      assert.equal(await page.locator('.who summary').innerText(), 'Emil');
      assert.equal(await page.getByLabel('Last name').inputValue(), 'Sand');
      for (const [name, title] of [['E-mail address', 'Change your e‑mail address'], ['Password', 'Change your password'], ['Second factor', 'Set up a second factor'], ['Where you are signed in', 'Where you are logged in'], ['Tokens for programs', 'Tokens'], ['Reviews', 'Your reviews']]) {
        await page.getByRole('link', { description: name, exact: true }).click();
        assert.equal(await page.locator('h1').innerText(), title);
        await page.goto('/account/');
      }
    }),

    test('an e-mail address is changed by a link that is sent there', { expects: [422] }, async (page, looks) => {
      await come(page, 'emil', '/email/');
      await looks('Change your e‑mail address');
      await page.getByLabel('New e-mail address').fill('emil@sand.example');
      await page.getByLabel('Password').fill('not my password');
      await press(page, 'Send a link there');
      await page.locator('.err').waitFor();
      await looks('Change your e‑mail address');
      await page.getByLabel('New e-mail address').fill('emil@sand.example');
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Send a link there');
      await page.locator('.note[role=status]').waitFor();
      await looks('Change your e‑mail address');
      const letter = await mailTo(mail, 'emil@sand.example', /^Confirm your e-mail address/);
      await follow(page, letter.links[0], '/email/confirm/');
      await looks('Confirm your e‑mail address');
      await press(page, 'Yes, this is mine');
      await page.getByText('This is your address now.').waitFor();
      await page.goto('/account/');
      await page.getByText('emil@sand.example').waitFor();
      const notice = await mailTo(mail, 'emil@example.com', /was changed/);
      assert.deepEqual(await faults({ letter: letter.html, notice: notice.html }), []);
    }),

    test('another password ends all other sessions', { expects: [422] }, async (page, looks) => {
      await come(page, 'finn', '/password/');
      await looks('Change your password');
      await page.getByLabel('Old password').fill('not my password');
      await choose(page, OTHER);
      await press(page, 'Change it');
      await page.locator('.err').waitFor();
      await looks('Change your password');
      await withPage(browser, url, {}, async elsewhere => {
        await come(elsewhere, 'finn');
        await page.getByLabel('Old password').fill(PASSWORD);
        await choose(page, OTHER);
        await press(page, 'Change it');
        await page.locator('.note[role=status]').waitFor();
        await looks('Change your password');
        await elsewhere.goto('/account/');
        assert.equal(new URL(elsewhere.url()).pathname, '/login/');
      });
      await page.goto('/logout/');
      await looks('Log out');
      await press(page, 'Log out');
      await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
      await page.goto('/logout/');
      await looks('Logged out');
      await come(page, 'finn', '/account/', OTHER);
    }),

    test('a second factor is set up, asked for and taken away', { expects: [422] }, async (page, looks) => {
      await come(page, 'gwen');
      await page.getByRole('link', { description: 'Second factor', exact: true }).click();
      await looks('Set up a second factor');
      const secret = await page.locator('.secret').innerText();
      await page.getByRole('textbox', { name: 'Code' }).fill('000000');
      await press(page, /codes/);
      await page.locator('.err').waitFor();
      assert.equal(await page.locator('.secret').innerText(), secret);
      await looks('Set up a second factor');
      await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret, -1));
      await press(page, /codes/);
      await page.locator('.codes').waitFor();
      await looks('Recovery codes');
      const codes = await page.locator('.codes li').allInnerTexts();
      assert.equal(new Set(codes).size, 10);
      await page.getByRole('link', { name: 'I have kept them' }).click();
      assert.equal(new URL(page.url()).pathname, '/account/');

      await page.context().clearCookies();
      await page.goto('/login/?next=/totp/');
      await signIn(page, 'gwen');
      await page.waitForURL(at => at.pathname === '/login/code/');
      await looks('Enter a code');
      await page.getByRole('textbox', { name: 'Code' }).fill('000000');
      await press(page, 'Log in');
      await page.locator('.err').waitFor();
      await looks('Enter a code');
      await page.getByRole('textbox', { name: 'Code' }).fill(codes[0]);
      await press(page, 'Log in');
      await page.waitForURL(at => at.pathname === '/totp/');
      await looks('Second factor');
      assert.match(await page.getByRole('main').innerText(), /9 recovery codes/);
      await press(page, 'Make other recovery codes');
      await page.locator('.codes').waitFor();
      await looks('Recovery codes');
      assert.ok(!(await page.locator('.codes li').allInnerTexts()).some(code => codes.includes(code)));
      await page.goto('/totp/');
      await press(page, 'Ask for no codes any more');
      await page.locator('.note[role=status]').waitFor();
      assert.match(await told(page), /not asked for/);
      await page.context().clearCookies();
      await come(page, 'gwen');
    }),

    test('tokens are made for programs, shown once and taken away', { expects: [422] }, async (page, looks) => {
      await come(page, 'hana', '/tokens/');
      await looks('Tokens');
      await page.getByLabel('Name').fill('backups');
      await page.getByLabel(/permissions/).fill('cinema.delete_film');
      await press(page, 'Make it');
      await page.locator('.err').waitFor();
      await looks('Tokens');
      await page.getByLabel(/permissions/).fill('');
      await page.getByLabel(/Days/).fill('90');
      await page.getByLabel('It only reads').check();
      await press(page, 'Make it');
      await page.locator('.secret').waitFor();
      await looks('Tokens');
      const token = await page.locator('.secret').innerText();
      const asked = () => fetch(`${url}/account/`, { headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' }, redirect: 'manual' }).then(answer => answer.status);
      assert.notEqual(await asked(), 401);
      await page.goto('/tokens/');
      assert.equal(await page.locator('.secret').count(), 0, 'it is shown once');
      await press(page, /^Take it away/);
      await page.locator('.note[role=status]').waitFor();
      assert.equal(await asked(), 401);
    }),

    test('sessions are listed, and ended from elsewhere', {}, async (page, looks) => {
      await come(page, 'hana', '/sessions/');
      await withPage(browser, url, { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1' }, async phone => {
        await come(phone, 'hana');
        await page.reload();
        await looks('Where you are logged in');
        const row = page.locator('.rows li', { hasText: /iPhone|iOS/ });
        await row.getByRole('button').click();
        await page.locator('.note[role=status]').waitFor();
        await looks('Where you are logged in');
        await phone.goto('/account/');
        assert.equal(new URL(phone.url()).pathname, '/login/');
      });
      await press(page, 'Log out everywhere else');
      await page.locator('.note[role=status]').waitFor();
      await page.locator('.rows li', { hasText: /this one/i }).getByRole('button').click();
      await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
    }),

    test('a browser that was left alone is asked for the password again', { at: hurry, expects: [422] }, async (page, looks) => {
      await come(page, 'hana');
      await new Promise(done => setTimeout(done, 4_500));
      await page.goto('/tokens/');
      assert.equal(new URL(page.url()).pathname, '/confirm/');
      await looks('Confirm who you are');
      await page.getByLabel('Password').fill('not my password');
      await press(page, 'Confirm');
      await page.locator('.err').waitFor();
      await looks('Confirm who you are');
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Confirm');
      await page.waitForURL(at => at.pathname === '/tokens/');
      await new Promise(done => setTimeout(done, 4_500));
      await page.getByLabel('Name').fill('too late');
      await press(page, 'Make it');
      await page.waitForURL(at => at.pathname === '/confirm/');
      await looks('Confirm who you are');
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Confirm');
      await page.waitForURL(at => at.pathname === '/tokens/');
      assert.equal(await page.getByText('too late').count(), 0);
    }),

    test('who guesses has to wait', { expects: [422, 429] }, async (page, looks) => {
      await page.goto('/login/');
      for (let guess = 1; guess <= 6; guess += 1) {
        await signIn(page, 'nobody-here', `guess number ${guess}`);
        await page.getByText(guess < 6 ? /is wrong/ : /Try again in/).waitFor();
      }
      await looks('Sign in');
      assert.match(await wrong(page), /Try again in/);
    }),
  ];
}
