// The pages' HTML, checked by the Nu HTML checker.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withPage } from './browser.mjs';
import { PAGES } from './looks.mjs';

const jar = join(dirname(createRequire(import.meta.url).resolve('vnu-jar/package.json')), 'build/dist/vnu.jar');

const java = !spawnSync('java', ['-version']).error;

// What the checker has to say of these pages, `{ name: html }`; nothing where there is no java.
export async function faults(pages) {
  if (!java) return [];
  const folder = mkdtempSync(join(tmpdir(), 'quintet-html-'));
  try {
    for (const [name, html] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), html);
    const args = ['-jar', jar, '--format', 'json', '--exit-zero-always', folder];
    const { stderr } = await promisify(execFile)('java', args, { maxBuffer: 1 << 26 });
    const { messages } = JSON.parse(stderr);
    // A slash at the end of an SVG element is no fault; other remarks are.
    return messages.map(m => `${m.url?.split('/').pop()}:${m.lastLine} ${m.subType ?? m.type}: ${m.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export default function suite({ browser, url }) {
  return [{
    name: 'html: every page is valid',
    skip: java ? undefined : 'no java here, which the HTML checker needs',
    run: async () => {
      const sent = {};
      for (const { name, open, expects } of PAGES) {
        await withPage(browser, url, { expects }, async page => {
          await open(page);
          // As the server sends it, not as the browser mended it.
          sent[name] = await (await fetch(page.url())).text();
        });
      }
      const wrong = await faults(sent);
      assert.equal(wrong.length, 0, wrong.join('\n'));
    },
  }];
}
