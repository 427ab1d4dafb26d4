// The client and real WebSockets. Node before 22 has them with `--experimental-websocket`.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect } from '../channels.js';
import { Site } from './server.mjs';

const skip = typeof WebSocket === 'undefined' && 'this Node has no WebSocket: --experimental-websocket';

// The same pauses, a fiftieth as long.
const slow = globalThis.setTimeout;
globalThis.setTimeout = (run, ms = 0) => slow(run, ms / 50);

const next = (listen, wanted = () => true) => new Promise(done => {
  const off = listen(value => {
    if (!wanted(value)) return;
    off();
    done(value);
  });
});
const becomes = (room, state) => (room.state === state ? undefined : next(listener => room.onState(listener), now => now === state));

async function started(t, settings) {
  const site = await Site.start(settings);
  const open = [];
  t.after(async () => {
    for (const channels of open) channels.close();
    await site.stop();
  });
  const visitor = options => {
    const channels = connect(`${site.url}/channels/`, options);
    open.push(channels);
    return channels;
  };
  return { site, visitor };
}

test('two visitors talk, and see each other', { skip }, async t => {
  const { site, visitor } = await started(t, { ticket: 'of ana' });
  const [ana, ben] = [visitor({ token: () => 'of ana' }), visitor()];
  const [hers, his] = [ana.join('film:7'), ben.join('film:7')];
  await Promise.all([becomes(hers, 'joined'), becomes(his, 'joined')]);
  const heard = next(listener => his.on('comment', listener));
  assert.deepEqual(await hers.say({ event: 'comment', text: 'Wie schön! 🎬' }), { heard: 'comment' });
  assert.equal((await heard).text, 'Wie schön! 🎬');
  while (hers.presence.size < 2) await next(listener => hers.onPresence(listener));
  assert.equal(his.presence.get(ana.connection), 'ana');
  const gone = next(listener => his.onPresence(listener), ({ leaves }) => leaves.length);
  hers.leave();
  assert.deepEqual((await gone).leaves.map(({ meta }) => meta), ['ana']);
  const secret = ana.join('secret:1');
  await becomes(secret, 'refused');
  assert.equal(secret.problem.status, 403);
  assert.equal(site.dialled, 2);
});

test('every event is heard once and in order, however often the connection breaks', { skip }, async t => {
  const { site, visitor } = await started(t, { kept: 10_000 });
  const channels = visitor();
  const topics = ['a', 'b', 'c'];
  const heard = Object.fromEntries(topics.map(name => [name, []]));
  const rooms = topics.map(name => channels.join(name));
  for (const room of rooms) {
    room.on('number', ({ number }) => heard[room.topic].push(number));
    room.onGap(() => heard[room.topic].push('gap'));
  }
  await Promise.all(rooms.map(room => becomes(room, 'joined')));
  const all = Array.from({ length: 600 }, (_, number) => number);
  const until = async true_ => { while (!true_()) await new Promise(done => slow(done, 1)) };
  for (const number of all) {
    for (const name of topics) site.send(name, { event: 'number', number });
    if (number % 7 === 0) await new Promise(done => slow(done, 1));
    const before = site.dialled;
    if (number % 50 === 10) site.cut();
    if (number % 50 === 30) site.bye('restart', [0, 200], 1012);
    if (number % 50 === 20 || number % 50 === 40) await until(() => site.connections.size > 0);
    // Again before it has joined, and in the middle of what it missed.
    if (number % 100 === 40) {
      site.cut();
      await until(() => site.dialled > before);
      await until(() => heard.a.length > number / 2);
      site.cut();
    }
  }
  for (const room of rooms) while (heard[room.topic].at(-1) !== 599) await next(listener => room.on('*', listener));
  for (const name of topics) assert.deepEqual(heard[name], all, name);
  // How often exactly is a matter of chance: some breaks come before the connection is there again.
  assert.ok(site.dialled > 12, `${site.dialled} connections`);
});

test('what is not kept any more is a gap', { skip }, async t => {
  const { site, visitor } = await started(t, { kept: 3 });
  const room = visitor().join('film:7');
  await becomes(room, 'joined');
  site.send('film:7', { event: 'number', number: 0 });
  await next(listener => room.on('number', listener));
  const heard = [];
  room.onGap(() => heard.push('gap'));
  room.on('number', ({ number }) => heard.push(number));
  site.cut();
  for (let number = 1; number < 6; number++) site.send('film:7', { event: 'number', number });
  await becomes(room, 'away');
  await becomes(room, 'joined');
  const after = next(listener => room.on('number', listener), ({ number }) => number === 9);
  site.send('film:7', { event: 'number', number: 9 });
  await after;
  assert.deepEqual(heard, ['gap', 9]);
});

test('a server that is not there is waited for', { skip }, async t => {
  const { site, visitor } = await started(t);
  await site.stop();
  const channels = visitor();
  const room = channels.join('film:7');
  await becomes(room, 'away');
  const { port } = new URL(site.url);
  const again = await Site.start({ port });
  t.after(() => again.stop());
  await becomes(room, 'joined');
  assert.equal(again.dialled, 1);
});
