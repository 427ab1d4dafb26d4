// Users of the demo in a test: rows for its database, with passwords hashed as cheaply as the site takes them.
import { execFileSync } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictured, withPage } from './browser.mjs';
import { ROOT, build } from './site.mjs';

export const PASSWORD = 'a tune in five parts';

function hashed(password) {
  const salt = 'ofnouse';
  return `pbkdf2_sha256$1000$${salt}$${pbkdf2Sync(password, salt, 1000, 32, 'sha256').toString('base64')}`;
}

// Puts them into the site's database: `[{ username, first_name, is_staff, moderator }]`. Those that are there stay.
export function invite(site, people) {
  const folder = mkdtempSync(join(tmpdir(), 'quintet-people-'));
  const run = (...words) => execFileSync(build(), words, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, DATABASE_URL: site.database } });
  try {
    const file = join(folder, 'people.json');
    const rows = people.map(({ moderator, ...columns }, at) => ({
      model: 'auth.User',
      pk: 1000 + at,
      fields: { password: hashed(PASSWORD), first_name: '', last_name: '', email: '', is_active: true, is_staff: false, is_superuser: false, date_joined: '2026-11-20T12:00:00Z', ...columns },
    }));
    writeFileSync(file, JSON.stringify(rows));
    run('loaddata', file);
    for (const { username, moderator } of people) if (moderator) run('moderator', username);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Signs in by the page for it, as people do.
export async function signIn(page, username, password = PASSWORD) {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
}

// Makes the tests of a suite in which people sign in: they are there before the first of them.
export function tests(part, { browser, url, peopled, strange, shots }) {
  return (name, options, use) => ({
    name: `${part}: ${name}`,
    skip: strange,
    run: async () => {
      await peopled();
      return withPage(browser, url, options, pictured(shots, `${part}-${name}`, use));
    },
  });
}
