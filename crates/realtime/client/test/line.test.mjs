// The connection: how it ends, and how it comes back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { World, ears, fails, settled } from './fake.mjs';

// The pause until the next attempt, to 5 ms.
async function pause(world) {
  const before = world.sockets.length;
  for (let waited = 0; waited <= 120_000; waited += 5) {
    await world.pass(5);
    if (world.sockets.length > before) return waited + 5;
  }
  assert.fail('it does not come back');
}

async function neverAgain(world, channels, room) {
  const before = world.sockets.length;
  assert.equal(channels.state, 'closed');
  assert.equal(room.state, 'left');
  await world.fires('online');
  await world.looks('visible');
  await world.fires('pagehide');
  await world.fires('pageshow');
  await world.pass(120_000);
  assert.equal(world.sockets.length, before);
  assert.equal(world.waiting, 0);
}

test('pauses double up to half a minute, each by chance between half of it and all', async t => {
  const world = new World(t);
  world.connect().join('film:7');
  const pauses = [];
  for (let i = 0; i < 9; i++) {
    world.chance = i % 2;
    await world.socket.closes();
    pauses.push(await pause(world));
  }
  assert.deepEqual(pauses, [250, 1000, 1000, 4000, 4000, 16_000, 15_000, 30_000, 15_000]);
});

test('after a connection that lasted, pauses start afresh; after one that did not, they go on', async t => {
  const world = new World(t);
  world.connect().join('film:7');
  const pauses = [];
  for (const lasted of [0, 0, 0, 4999, 5000, 0]) {
    await world.socket.greets();
    await world.pass(lasted);
    await world.socket.closes();
    pauses.push(await pause(world));
  }
  assert.deepEqual(pauses, [250, 500, 1000, 2000, 250, 500]);
});

test('a failure without a close is one, and one with a close is not two', async t => {
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  await world.socket.fails();
  assert.equal(await pause(world), 250);
  await world.socket.fails();
  await world.socket.closes(4001);
  await neverAgain(world, channels, room);
});

test('who is not greeted tries again', async t => {
  const world = new World(t);
  const channels = world.connect();
  channels.join('film:7');
  const first = world.socket;
  await world.pass(19_999);
  assert.equal(channels.state, 'connecting');
  await world.pass(1);
  assert.equal(channels.state, 'away');
  assert.equal(first.closedWith, 1000);
  await world.pass(250);
  assert.equal(world.sockets.length, 2);
});

test('silence is asked about, and who does not answer is gone', async t => {
  const world = new World(t);
  const { channels, socket } = await world.joined();
  await world.pass(19_999);
  socket.silent();
  await world.pass(1);
  socket.heard({ type: 'ping' });
  await socket.says({ type: 'pong' });
  await world.pass(10_000);
  await socket.says({ type: 'event', topic: 'film:7', data: {} });
  await world.pass(19_999);
  socket.silent();
  await world.pass(1);
  socket.heard({ type: 'ping' });
  await world.pass(19_999);
  assert.equal(channels.state, 'open');
  await world.pass(1);
  assert.equal(channels.state, 'away');
  assert.equal(socket.closedWith, 1000);
  await world.pass(250);
  assert.equal(world.sockets.length, 2);
});

test('the network is there again: no pause is waited for, and a connection is doubted', async t => {
  const world = new World(t);
  const { channels, socket } = await world.joined();
  await world.fires('online');
  socket.heard({ type: 'ping' });
  await world.fires('online');
  socket.silent();
  await socket.says({ type: 'pong' });
  await world.pass(5000);
  assert.equal(channels.state, 'open');
  await world.fires('online');
  await world.pass(5000);
  assert.equal(channels.state, 'away');
  await world.fires('online');
  assert.equal(world.sockets.length, 2);
  await world.fires('online');
  assert.equal(world.sockets.length, 2, 'an attempt is under way');
});

test('a page that is looked at again comes back at once', async t => {
  const world = new World(t);
  const { socket } = await world.joined();
  await world.looks('hidden');
  await socket.closes();
  assert.equal(world.sockets.length, 1);
  await world.looks('visible');
  assert.equal(world.sockets.length, 2);
});

test('a page that is left lets go of its connection, and takes another one when somebody goes back to it', async t => {
  const world = new World(t);
  const { channels, room, socket } = await world.joined();
  const waiting = room.say({ event: 'comment' });
  await world.fires('pagehide');
  await fails(waiting, 'lost');
  assert.equal(socket.closedWith, 1000);
  assert.deepEqual([channels.state, room.state], ['away', 'away']);
  await world.fires('online');
  await world.looks('visible');
  await world.pass(60_000);
  assert.equal(world.sockets.length, 1, 'it sleeps');
  await world.fires('pageshow');
  await world.socket.greets();
  await world.socket.joins('film:7', { after: 'p0' });
  assert.equal(room.state, 'joined');
  await world.fires('pageshow');
  assert.equal(world.sockets.length, 2);

  await world.socket.closes();
  await world.fires('pagehide');
  await world.fires('online');
  assert.equal(world.sockets.length, 2, 'it was on its way back, and sleeps now');
});

test('a restart is waited for by chance, within what the server says', async t => {
  const world = new World(t);
  const { channels, socket } = await world.joined();
  const byes = ears();
  channels.on('bye', byes);
  world.chance = 0.5;
  await socket.says({ type: 'bye', reason: 'restart', retry: [1000, 5000] });
  assert.deepEqual(byes.take(), [{ reason: 'restart', retry: { from: 1000, to: 5000 } }]);
  assert.equal(channels.state, 'away');
  assert.equal(socket.closedWith, 1000);
  await socket.closes(1012);
  // Thousands would come at once.
  await world.fires('online');
  assert.equal(await pause(world), 3000);
  await world.socket.greets();
  await world.socket.joins('film:7', { after: 'p0' });
});

for (const reason of ['slow', 'idle', 'rate', 'expired', 'something new']) {
  test(`a bye because of ${reason}: comes back when it may, and resumes`, async t => {
    const world = new World(t);
    const { socket } = await world.joined();
    await socket.says({ type: 'bye', reason, retry: [700, 900] });
    assert.equal(await pause(world), 700);
    await world.socket.greets();
    await world.socket.joins('film:7', { after: 'p0' });
  });
}

test('a logout, and whatever has no way back, is the end', async t => {
  for (const bye of [{ reason: 'logout' }, { reason: 'something new', retry: null }]) {
    const world = new World(t);
    const { channels, room, socket } = await world.joined();
    const heard = ears();
    channels.on('bye', heard);
    channels.on('state', heard);
    await socket.says({ type: 'bye', ...bye });
    assert.deepEqual(heard.take(), [{ reason: bye.reason, retry: undefined }, 'closed']);
    await neverAgain(world, channels, room);
  }
});

test('a bye that can\'t be read still ends by a pause', async t => {
  const world = new World(t);
  const { socket } = await world.joined();
  await socket.says({ type: 'bye', reason: 'restart', retry: 'soon' });
  assert.equal(await pause(world), 250);
});

test('closed without a bye: some codes are the end, others are not', async t => {
  for (const code of [1002, 1003, 1007, 4001]) {
    const world = new World(t);
    const { channels, room, socket } = await world.joined();
    await socket.closes(code);
    await neverAgain(world, channels, room);
  }
  for (const code of [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4003, 4008, 4009, 4999]) {
    const world = new World(t);
    const { socket } = await world.joined();
    await socket.closes(code);
    assert.equal(await pause(world), 250, `${code}`);
  }
});

test('who said too much comes back after a while, whoever looks', async t => {
  const world = new World(t);
  const { socket } = await world.joined();
  await socket.closes(1008);
  await world.looks('visible');
  assert.equal(await pause(world), 15_000);
});

test('closed by the page is closed, whatever it is doing', async t => {
  const states = {
    idle: world => { world.channels = world.connect() },
    connecting: world => { world.channels = world.connect(); world.room = world.channels.join('a') },
    open: async world => { ({ channels: world.channels, room: world.room } = await world.joined()) },
    away: async world => { await states.open(world); await world.socket.closes() },
    asleep: async world => { await states.open(world); await world.fires('pagehide') },
  };
  for (const [state, reach] of Object.entries(states)) {
    const world = new World(t);
    await reach(world);
    const told = ears();
    world.channels.on('state', told);
    world.channels.close();
    world.channels.close();
    assert.deepEqual(told.take(), ['closed']);
    assert.ok(!world.room || world.sockets[0].readyState === 3, state);
    await neverAgain(world, world.channels, world.room ?? world.channels.join('a'));
  }
});

test('a listener may close it, whatever it is told', async t => {
  for (const [what, happens] of [
    ['bye', socket => socket.says({ type: 'bye', reason: 'restart', retry: [0, 0] })],
    ['state', socket => socket.closes()],
    ['error', socket => socket.says({ type: 'error', problem: { status: 400, title: 'no' } })],
  ]) {
    const world = new World(t);
    const { channels, room, socket } = await world.joined();
    channels.once(what, () => channels.close());
    await happens(socket);
    await neverAgain(world, channels, room);
  }
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  channels.on('state', state => state === 'open' && channels.close());
  await world.socket.greets();
  await neverAgain(world, channels, room);
});

test('listeners of the connection are taken off', async t => {
  const world = new World(t);
  const channels = world.connect();
  const one = ears(), two = ears(), three = ears();
  channels.on('state', one)();
  channels.on('state', two);
  channels.off('state', two);
  channels.once('state', three);
  channels.join('film:7');
  await world.socket.greets();
  assert.deepEqual([one.take(), two.take(), three.take()], [[], [], ['connecting']]);
});

test('a ticket is shown before anything is joined, a new one each time', async t => {
  const world = new World(t);
  let number = 0;
  const channels = world.connect({ token: async () => `ticket ${++number}` }, 'wss://other.example/channels/');
  const room = channels.join('film:7');
  await world.socket.greets();
  const ref = world.socket.heard({ type: 'auth', token: 'ticket 1' });
  world.socket.silent();
  assert.equal(channels.state, 'connecting');
  await world.socket.says({ type: 'reply', ref });
  assert.equal(channels.state, 'open');
  await world.socket.joins('film:7');

  await world.socket.says({ type: 'bye', reason: 'expired', retry: [0, 0] });
  await world.pass(0);
  await world.socket.greets();
  await world.socket.says({ type: 'reply', ref: world.socket.heard({ type: 'auth', token: 'ticket 2' }) });
  await world.socket.joins('film:7', { after: 'p0' });
  assert.equal(room.state, 'joined');

  await world.socket.closes(4003);
  await world.pass(250);
  await world.socket.greets();
  world.socket.heard({ type: 'auth', token: 'ticket 3' });
});

test('a ticket is shown anew before it expires', async t => {
  const world = new World(t);
  let number = 0;
  const channels = world.connect({ token: async () => `ticket ${++number}` });
  const errors = ears();
  channels.on('error', errors);
  channels.join('film:7');
  await world.socket.greets();
  const first = world.socket.heard({ type: 'auth', token: 'ticket 1' });
  await world.socket.says({ type: 'reply', ref: first, data: { expires: 10_000 } });
  await world.socket.joins('film:7');
  await world.pass(7_999);
  world.socket.silent();
  await world.pass(1);
  const second = world.socket.heard({ type: 'auth', token: 'ticket 2' });
  await world.socket.says({ type: 'reply', ref: second, data: { expires: 10_000 } });
  assert.equal(channels.state, 'open', 'nothing has broken');
  await world.pass(8_000);
  const third = world.socket.heard({ type: 'auth', token: 'ticket 3' });
  await world.socket.says({ type: 'reply', ref: third, problem: { status: 401, title: 'Unauthorized' } });
  assert.equal(errors.take()[0].status, 401, 'that is told; the server says when it has expired');
  assert.equal(channels.state, 'open');
});

test('no ticket connects as nobody', async t => {
  const world = new World(t);
  world.connect({ token: () => null }).join('film:7');
  await world.socket.greets();
  await world.socket.joins('film:7');
});

test('a ticket that is refused or not to be had is told, and tried again after pauses', async t => {
  const world = new World(t);
  const tickets = [() => 'old', () => { throw new Error('the login page is down') }, () => 'good'];
  const channels = world.connect({ token: () => tickets.shift()() });
  const errors = ears();
  channels.on('error', errors);
  const room = channels.join('film:7');
  await world.socket.greets();
  await world.socket.says({ type: 'reply', ref: world.socket.heard({ type: 'auth', token: 'old' }), problem: { status: 401, title: 'Unauthorized' } });
  assert.equal(errors.take()[0].status, 401);
  assert.equal(await pause(world), 250);
  await world.socket.greets();
  assert.equal(errors.take()[0].message, 'the login page is down');
  assert.equal(await pause(world), 500);
  await world.socket.greets();
  await world.socket.says({ type: 'reply', ref: world.socket.heard({ type: 'auth', token: 'good' }) });
  await world.socket.joins('film:7');
  assert.equal(room.state, 'joined');
});

test('a connection that breaks while its ticket is fetched is not spoken to', async t => {
  const world = new World(t);
  let give;
  const channels = world.connect({ token: () => new Promise(done => { give = done }) });
  channels.join('film:7');
  await world.socket.greets();
  const [first, late] = [world.socket, give];
  await first.closes();
  await world.pass(250);
  await world.socket.greets();
  late('late');
  await settled();
  first.silent();
  world.socket.silent();
  // One that is never there is waited for as long as a greeting.
  await world.pass(20_000);
  assert.equal(channels.state, 'away');
});

test('outside of a page there is nothing to listen to', async t => {
  const world = new World(t);
  globalThis.document = undefined;
  globalThis.addEventListener = undefined;
  const { room } = await world.joined();
  assert.equal(room.state, 'joined');
});
