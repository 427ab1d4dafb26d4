// Builds the demo site, and the example of forms with it, and runs one on a free port with a database of its own.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const PATIENCE = 120_000; // the first start imports every film, in a debug build

function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

let built;

// The binary of a site, the demo's if nothing else is said: both are built once, together, so that what they share is.
export function build(program = 'cinema') {
  return join(built ??= make(), program);
}

function make() {
  const cargo = (...args) => execFileSync('cargo', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 });
  // With mail: people sign up, and get another password.
  cargo('build', '--quiet', '-p', 'cinema', '-p', 'widgets', '--features', 'cinema/mail');
  return join(JSON.parse(cargo('metadata', '--no-deps', '--format-version', '1')).target_directory, 'debug');
}

// The site and how to end it. With QUINTET_BROWSER_URL set, a site that runs already is used and left alone. `more` is further
// environment: the same site in debug is another one, on the database (`DATABASE_URL`) of the first.
export async function start(more, program) {
  if (process.env.QUINTET_BROWSER_URL && !more && !program) {
    return { url: process.env.QUINTET_BROWSER_URL.replace(/\/$/, ''), said: () => '', stop: async () => {} };
  }
  const binary = build(program);
  const folder = mkdtempSync(join(tmpdir(), 'quintet-browser-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const mail = join(folder, 'mail');
  const own = { QUINTET_BIND: `127.0.0.1:${port}`, DATABASE_URL: `sqlite://${join(folder, 'site.db')}`, STORAGE_URL: `file://${join(folder, 'media')}` };
  const writes = { MAIL_URL: `file://${mail}`, QUINTET_MAIL_FROM: 'cinema <no-reply@cinema.example>', QUINTET_SITE_URL: url, QUINTET_AUTH_SIGNUP: 'true' };
  const env = { ...process.env, ...own, ...writes, ...more };
  const site = spawn(binary, [], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let over = null;
  for (const stream of [site.stdout, site.stderr]) stream.on('data', chunk => { said += chunk });
  site.once('exit', (code, signal) => { over = signal ?? code });
  site.once('error', error => { over = error.message });

  const stop = async () => {
    if (over === null) {
      const ended = new Promise(done => site.once('exit', done));
      site.kill('SIGTERM');
      const late = setTimeout(() => site.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    }
    rmSync(folder, { recursive: true, force: true });
    return over;
  };

  const last = () => said.split('\n').slice(-30).join('\n');
  for (const until = Date.now() + PATIENCE; ;) {
    if (over !== null) {
      await stop();
      throw new Error(`the site ended (${over}) before it served:\n${last()}`);
    }
    const answer = await fetch(`${url}/`, { signal: AbortSignal.timeout(5000) }).catch(() => null);
    if (answer?.status === 200) return { url, mail, database: env.DATABASE_URL, said: () => said, stop };
    if (Date.now() > until) {
      await stop();
      throw new Error(`GET / answered ${answer ? answer.status : 'nothing'} for ${PATIENCE / 1000} s; the site said:\n${last()}`);
    }
    await new Promise(done => setTimeout(done, 200));
  }
}
