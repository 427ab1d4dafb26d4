// The types say what the client does, and TypeScript takes them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as client from '../channels.js';
import { World } from './fake.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const compiler = join(here, '../../../../tests/browser/node_modules/typescript/lib/tsc.js');
const skip = !existsSync(compiler) && !process.env.CI && 'no TypeScript: npm ci --prefix tests/browser --ignore-scripts';

const compiles = (...words) => new Promise(done => {
  execFile(process.execPath, [compiler, '--noEmit', '--strict', '--pretty', 'false', '--target', 'es2022', ...words], { cwd: here }, (error, said) => done(error ? said || String(error) : ''));
});

for (const module of [['--module', 'nodenext'], ['--module', 'esnext', '--moduleResolution', 'bundler']]) {
  test(`usage compiles, mistakes do not: ${module.join(' ')}`, { skip }, async () => {
    assert.equal(await compiles(...module, '--lib', 'es2022,dom,dom.iterable', 'usage.ts'), '');
  });
}

// Every public name of an object, however far up it is defined.
const names = object => {
  const found = new Set();
  for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) for (const name of Object.getOwnPropertyNames(at)) found.add(name);
  found.delete('constructor');
  return [...found].sort();
};

test('they name everything that there is, and nothing else', { skip }, async t => {
  const { default: ts } = await import(compiler.replace('tsc.js', 'typescript.js'));
  const file = join(here, '../channels.d.ts');
  const program = ts.createProgram([file], { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
  const values = exported.filter(({ flags }) => flags & ts.SymbolFlags.Value).map(({ name }) => name).sort();
  assert.deepEqual(values, Object.keys(client).sort());
  const members = name => checker.getDeclaredTypeOfSymbol(exported.find(symbol => symbol.name === name)).getProperties().map(({ name }) => name).sort();
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  assert.deepEqual(members('Channels'), names(channels));
  assert.deepEqual(members('Room'), names(room));
  assert.deepEqual(members('ChannelError').filter(name => !['cause'].includes(name)), [...new Set([...Object.keys(new client.ChannelError('full', '')), 'message', 'stack'])].sort());
});
