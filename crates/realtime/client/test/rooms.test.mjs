// Topics: joined, heard, left, resumed, and who is there.
import assert from 'node:assert/strict';
import test from 'node:test';
import { World, ears, settled } from './fake.mjs';

const comment = (text, at) => ({ type: 'event', topic: 'film:7', data: { event: 'comment', text }, ...(at && { at }) });

test('a topic is joined by one WebSocket at the address of the page', async t => {
  const world = new World(t);
  const channels = world.connect();
  assert.equal(channels.state, 'idle');
  assert.equal(world.sockets.length, 0, 'nobody connects for nothing');
  const states = ears();
  channels.on('state', states);
  const room = channels.join('film:7');
  const roomStates = ears();
  room.onState(roomStates);
  assert.equal(world.socket.url, 'wss://cinema.example/channels/');
  assert.equal(world.socket.protocol, 'quintet.v1');
  assert.equal(room.state, 'joining');
  world.socket.silent();
  await world.socket.greets();
  assert.equal(channels.connection, 'c1');
  await world.socket.joins('film:7');
  assert.equal(room.state, 'joined');
  assert.equal(room.topic, 'film:7');
  assert.equal(room.at, 'p0');
  assert.deepEqual(states.take(), ['connecting', 'open']);
  assert.deepEqual(roomStates.take(), ['joined']);

  channels.join('film:8');
  await world.socket.joins('film:8');
  assert.equal(world.sockets.length, 1);
});

test('addresses: of another site, by http, and none', async t => {
  const world = new World(t);
  world.connect({}, '/live/#top').join('a');
  assert.equal(world.socket.url, 'wss://cinema.example/live/');
  world.connect({}, 'http://localhost:8000/channels/').join('a');
  assert.equal(world.socket.url, 'ws://localhost:8000/channels/');
  world.connect({}, new URL('wss://other.example/channels/')).join('a');
  assert.equal(world.socket.url, 'wss://other.example/channels/');
  globalThis.location = undefined;
  assert.throws(() => world.connect(), TypeError, 'outside of a page there is no address to start from');
  assert.throws(() => world.connect({}, 'ws://a/').join(''), TypeError);
});

test('an address that the browser refuses closes it and says so', async t => {
  const world = new World(t);
  const channels = world.connect({ WebSocket: class { constructor() { throw new SyntaxError('not this scheme') } } });
  const errors = ears();
  channels.on('error', errors);
  const room = channels.join('film:7');
  assert.equal(room.state, 'left');
  assert.equal(channels.state, 'closed');
  assert.match(errors.take()[0].message, /wss:\/\/cinema\.example\/channels\/: not this scheme/);
});

test('events are heard by name and in order', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const comments = ears(), all = ears();
  room.on('comment', comments);
  room.on('*', all);
  await socket.says(comment('one', 'p1'));
  await socket.says(comment('two', 'p2'));
  await socket.says({ type: 'event', topic: 'film:7', data: { event: 'typing', by: 'ana' } });
  await socket.says({ type: 'event', topic: 'film:7', data: 12, at: 'p3' });
  await socket.says({ type: 'event', topic: 'film:8', data: { event: 'comment' }, at: 'p9' });
  assert.deepEqual(comments.take(), [
    [{ event: 'comment', text: 'one' }, { at: 'p1', topic: 'film:7' }],
    [{ event: 'comment', text: 'two' }, { at: 'p2', topic: 'film:7' }],
  ]);
  assert.deepEqual(all.take().map(([data]) => data.text ?? data.by ?? data), ['one', 'two', 'ana', 12]);
  assert.equal(room.at, 'p3');
});

test('listeners are taken off, once is once, and one that throws harms nobody', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const reported = t.mock.method(console, 'error', () => {});
  const first = ears(), second = ears(), third = ears(), fourth = ears();
  const off = room.on('comment', first);
  room.once('comment', second);
  room.on('comment', () => { throw new Error('oh') });
  room.on('comment', () => room.off('comment', fourth));
  room.on('comment', third);
  room.on('comment', fourth);
  await socket.says(comment('one'));
  off();
  room.off('comment', third);
  await socket.says(comment('two'));
  assert.deepEqual([first, second, third, fourth].map(heard => heard.take().length), [1, 1, 1, 0]);
  assert.equal(reported.mock.callCount(), 2);
  room.off('comment');
  await socket.says(comment('three'));
  assert.equal(reported.mock.callCount(), 2);
  assert.throws(() => room.on('comment'), TypeError);
});

test('events may have the names of what rooms tell by themselves', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const event = ears(), gap = ears();
  room.on('gap', event);
  room.onGap(gap);
  await socket.says({ type: 'event', topic: 'film:7', data: { event: 'gap' } });
  assert.deepEqual([event.take().length, gap.take().length], [1, 0]);
  await socket.says({ type: 'gap', topic: 'film:7', at: 'p9' });
  assert.deepEqual([event.take().length, gap.take()], [0, [{ at: 'p9' }]]);
});

test('after the connection broke, each topic goes on after the last event', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  channels.join('film:8');
  await socket.joins('film:8', { at: 'q0' });
  const heard = ears();
  room.on('comment', ({ text }) => heard(text));
  await socket.says(comment('one', 'p1'));
  await socket.says(comment('passing'));
  const states = ears();
  room.onState(states);
  const next = await world.again();
  assert.equal(world.sockets.length, 2);
  const ref = next.heard({ type: 'join', topic: 'film:7', after: 'p1' });
  assert.equal(next.was, 'c1', 'by which connection it was there');
  next.heard({ type: 'join', topic: 'film:8', after: 'q0' });
  await next.says({ type: 'joined', ref, topic: 'film:7', at: 'p3' });
  // Cut off before it heard what it missed: that must not be skipped.
  assert.equal(room.at, 'p1');
  await next.says(comment('two', 'p2'));
  await next.says(comment('three', 'p3'));
  await next.says(comment('three', 'p3'));
  assert.deepEqual(heard.take(), ['one', 'passing', 'two', 'three']);
  assert.deepEqual(states.take(), ['away', 'joining', 'joined']);
  const last = await world.again();
  last.heard({ type: 'join', topic: 'film:7', after: 'p3' });
});

test('what an abandoned socket still says is not heard', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const heard = ears();
  room.on('*', heard);
  const next = await world.again();
  await next.joins('film:7', { after: 'p0' });
  await socket.says(comment('late', 'p1'));
  await socket.closes();
  assert.deepEqual(heard.take(), []);
  assert.equal(room.state, 'joined');
});

test('a page that was made at a position hears what came since', async t => {
  const world = new World(t);
  const room = world.connect().join('film:7', { after: 'p5' });
  await world.socket.greets();
  await world.socket.joins('film:7', { after: 'p5', at: 'p6' });
  assert.equal(world.socket.was, undefined, 'it was there by none');
  const heard = ears();
  room.on('comment', heard);
  await world.socket.says(comment('six', 'p6'));
  assert.equal(heard.take().length, 1);
});

test('a gap says where it goes on', async t => {
  const world = new World(t);
  const { room } = await world.joined();
  const gaps = ears();
  room.onGap(gaps);
  const next = await world.again();
  await next.joins('film:7', { after: 'p0' });
  await next.says({ type: 'gap', topic: 'film:7', at: 'x1' });
  assert.deepEqual(gaps.take(), [{ at: 'x1' }]);
  (await world.again()).heard({ type: 'join', topic: 'film:7', after: 'x1' });
});

test('rooms of one topic share it until the last one leaves', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  const other = channels.join('film:7');
  socket.silent();
  assert.equal(other.state, 'joined');
  const one = ears(), two = ears();
  room.on('comment', one);
  other.on('comment', two);
  await socket.says(comment('a', 'p1'));
  room.leave();
  room.leave();
  socket.silent();
  assert.equal(room.state, 'left');
  await socket.says(comment('b', 'p2'));
  assert.deepEqual([one.take().length, two.take().length], [1, 2]);
  other.leave();
  socket.heard({ type: 'leave', topic: 'film:7' });
  assert.equal(channels.state, 'open');
});

test('who joins a topic that has gone on is told of a gap, and nobody else is', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  await socket.says(comment('a', 'p1'));
  const gaps = [room, channels.join('film:7', { after: 'p0' }), channels.join('film:7', { after: 'p1' }), channels.join('film:7')].map(room => {
    const heard = ears();
    room.onGap(heard);
    return heard;
  });
  await settled();
  assert.deepEqual(gaps.map(heard => heard.take().length), [0, 1, 0, 0]);
});

test('left and joined again at once: nothing of before is heard', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  room.leave();
  const again = channels.join('film:7');
  const heard = ears();
  again.on('comment', heard);
  const leave = socket.heard({ type: 'leave', topic: 'film:7' });
  await socket.says(comment('before', 'p1'));
  // Before it has left, the server does not take it back.
  socket.silent();
  await socket.says({ type: 'left', ref: leave, topic: 'film:7' });
  assert.equal(again.state, 'joining');
  await socket.joins('film:7', { at: 'p1' });
  await socket.says(comment('after', 'p2'));
  assert.deepEqual(heard.take().map(([{ text }]) => text), ['after']);
  room.leave();
  socket.silent();
});

test('left and joined again before the first answer: the first one is not taken for the second', async t => {
  const world = new World(t);
  const { channels, socket } = await world.joined();
  channels.join('film:8').leave();
  const room = channels.join('film:8');
  const first = socket.heard({ type: 'join', topic: 'film:8' });
  const leave = socket.heard({ type: 'leave', topic: 'film:8' });
  await socket.says({ type: 'joined', ref: first, topic: 'film:8', at: 'p1' });
  await socket.says({ type: 'left', ref: leave, topic: 'film:8' });
  assert.equal(room.state, 'joining');
  const second = socket.heard({ type: 'join', topic: 'film:8' });
  await socket.says({ type: 'joined', ref: first, topic: 'film:8', at: 'p1' });
  assert.equal(room.state, 'joining');
  await socket.says({ type: 'joined', ref: second, topic: 'film:8', at: 'p2' });
  await socket.says({ type: 'left', ref: leave, topic: 'film:8' });
  assert.deepEqual([room.state, room.at], ['joined', 'p2']);
});

test('a connection that breaks while somebody leaves has left', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  room.leave();
  const again = channels.join('film:7');
  socket.heard({ type: 'leave', topic: 'film:7' });
  const next = await world.again();
  await next.joins('film:7');
  assert.equal(again.state, 'joined');
});

test('who says too much at once joins and leaves a little later', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  const problem = { status: 429, title: 'Too Many Requests' };
  const other = channels.join('film:8');
  await socket.says({ type: 'reply', ref: socket.heard({ type: 'join', topic: 'film:8' }), problem });
  assert.equal(other.state, 'joining');
  await world.pass(250);
  await socket.joins('film:8');

  room.leave();
  await socket.says({ type: 'reply', ref: socket.heard({ type: 'leave', topic: 'film:7' }), problem });
  const again = channels.join('film:7');
  socket.silent();
  await world.pass(500);
  await socket.says({ type: 'left', ref: socket.heard({ type: 'leave', topic: 'film:7' }), topic: 'film:7' });
  await socket.joins('film:7');
  assert.equal(again.state, 'joined');

  const third = channels.join('film:9');
  await socket.says({ type: 'error', ref: socket.heard({ type: 'join', topic: 'film:9' }), problem: { status: 404, title: 'Not Found' } });
  assert.deepEqual([third.state, third.problem.status], ['refused', 404]);
});

test('nothing is left to do when it is closed while a leaving waits', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  room.leave();
  await socket.says({ type: 'reply', ref: socket.heard({ type: 'leave', topic: 'film:7' }), problem: { status: 429, title: 'Too Many Requests' } });
  channels.close();
  await world.pass(500);
  socket.silent();
});

test('left before the answer to its join, and while away', async t => {
  const world = new World(t);
  const channels = world.connect();
  const early = channels.join('film:1');
  early.leave();
  const hasty = channels.join('film:2');
  const away = channels.join('film:3');
  await world.socket.greets();
  const ref = world.socket.heard({ type: 'join', topic: 'film:2' });
  hasty.leave();
  await world.socket.joins('film:3');
  world.socket.heard({ type: 'leave', topic: 'film:2' });
  await world.socket.says({ type: 'joined', ref, topic: 'film:2', at: 'p0' });
  assert.equal(hasty.state, 'left');
  await world.socket.closes();
  assert.equal(away.state, 'away');
  away.leave();
  assert.equal(away.state, 'left');
  await world.pass(1000);
  await world.socket.greets();
  world.socket.silent();
});

test('a refusal tells why, and another join asks again', async t => {
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  const states = ears();
  room.onState(states);
  await world.socket.greets();
  const refuse = async problem => world.socket.says({ type: 'refused', ref: world.socket.heard({ type: 'join', topic: 'film:7' }), topic: 'film:7', problem });
  await refuse({ status: 404, title: 'Not Found' });
  assert.equal(room.state, 'refused');
  assert.deepEqual(room.problem, { status: 404, title: 'Not Found' });
  const next = await world.again();
  next.silent();
  const other = channels.join('film:7');
  assert.deepEqual([room.state, other.state], ['joining', 'joining']);
  await world.socket.joins('film:7');
  assert.deepEqual([room.state, other.state, room.problem], ['joined', 'joined', undefined]);
  assert.deepEqual(states.take(), ['refused', 'joining', 'joined']);
});

test('too much at once, and what is broken over there, passes: it asks again after pauses', async t => {
  const world = new World(t);
  const room = world.connect().join('film:7');
  await world.socket.greets();
  for (const [status, pause] of [[503, 250], [429, 500], [500, 1000]]) {
    await world.socket.says({ type: 'refused', ref: world.socket.heard({ type: 'join', topic: 'film:7' }), topic: 'film:7', problem: { status, title: 'no' } });
    assert.equal(room.state, 'joining');
    await world.pass(pause - 1);
    world.socket.silent();
    await world.pass(1);
  }
  await world.socket.joins('film:7');
  assert.equal(room.state, 'joined');
});

test('a pause before another join ends with the connection', async t => {
  const world = new World(t);
  const room = world.connect().join('film:7');
  await world.socket.greets();
  await world.socket.says({ type: 'refused', ref: world.socket.heard({ type: 'join', topic: 'film:7' }), topic: 'film:7', problem: { status: 503, title: 'no' } });
  await world.socket.closes();
  assert.equal(room.state, 'away');
  assert.equal(world.waiting, 1, 'the next connection');
  await world.pass(250);
  await world.socket.greets();
  await world.socket.joins('film:7');
});

test('the server takes somebody out of a topic', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  await socket.says({ type: 'left', topic: 'film:7', problem: { status: 403, title: 'Forbidden' } });
  assert.equal(room.state, 'left');
  assert.equal(room.problem.status, 403);
  const again = channels.join('film:7');
  room.leave();
  await socket.joins('film:7');
  assert.equal(again.state, 'joined', 'the room of before has nothing to do with the new one');
  (await world.again()).heard({ type: 'join', topic: 'film:7', after: 'p0' });
});

test('who is there: all of them at first, then what changes', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined('film:7', {}, { here: [{ id: 'a', meta: 'ana' }, { id: 'b', meta: 'ben' }] });
  assert.deepEqual([...room.presence], [['a', 'ana'], ['b', 'ben']]);
  const changes = ears();
  room.onPresence(changes);
  await socket.says({ type: 'presence', topic: 'film:7', joins: [{ id: 'c', meta: { key: 1, status: 'here' } }], leaves: ['a', 'nobody'] });
  assert.deepEqual(changes.take(), [{ joins: [{ id: 'c', meta: { key: 1, status: 'here' } }], updates: [], leaves: [{ id: 'a', meta: 'ana' }] }]);
  await socket.says({ type: 'presence', topic: 'film:7', joins: [{ id: 'c', meta: { key: 1, status: 'busy' } }] });
  assert.deepEqual(changes.take(), [{ joins: [], updates: [{ id: 'c', meta: { key: 1, status: 'busy' }, before: { key: 1, status: 'here' } }], leaves: [] }]);
  await socket.says({ type: 'presence', topic: 'film:7', joins: [{ id: 'b', meta: 'ben' }], leaves: [] });
  assert.deepEqual(changes.take(), [], 'nothing is new');
  await socket.says({ type: 'presence', topic: 'film:7', here: [{ id: 'b', meta: 'ben' }, { id: 'd', meta: 'dora' }] });
  assert.deepEqual(changes.take(), [{ joins: [{ id: 'd', meta: 'dora' }], updates: [], leaves: [{ id: 'c', meta: { key: 1, status: 'busy' } }] }]);
  assert.deepEqual([...room.presence.keys()], ['b', 'd']);
});

test('after a reconnect, who came and went meanwhile is told', async t => {
  const world = new World(t);
  const { room, channels } = await world.joined('film:7', {}, { here: [{ id: 'c1', meta: 'me' }, { id: 'a', meta: 'ana' }, { id: 'b', meta: 'ben' }] });
  const changes = ears();
  room.onPresence(changes);
  const next = await world.again();
  assert.equal(room.presence.size, 3, 'as last known');
  await next.joins('film:7', { after: 'p0', here: [{ id: 'b', meta: 'ben' }, { id: 'd', meta: 'dora' }, { id: 'c2', meta: 'me' }] });
  const [{ joins, leaves }] = changes.take();
  assert.deepEqual([joins.map(one => one.id), leaves.map(one => one.id)], [['d', 'c2'], ['c1', 'a']]);
  assert.equal(room.presence.get(channels.connection), 'me');
  room.leave();
  assert.equal(room.presence.size, 0);
});

test('each person once', async t => {
  const world = new World(t);
  const here = [['1', 'ana'], ['2', { key: 7, page: 'a' }], ['3', 'ana'], ['4', { key: 7, page: 'b' }], ['5', { page: 'c' }], ['6', null]];
  const { room } = await world.joined('film:7', {}, { here: here.map(([id, meta]) => ({ id, meta })) });
  assert.deepEqual(room.presence.list().map(({ key, ids }) => [key, ids]), [['ana', ['1', '3']], [7, ['2', '4']], ['5', ['5']], ['6', ['6']]]);
  assert.deepEqual(room.presence.list()[1].metas, [{ key: 7, page: 'a' }, { key: 7, page: 'b' }]);
  assert.deepEqual(room.presence.list(meta => meta?.page).map(({ key, meta }) => [key, meta]).slice(1, 2), [['a', { key: 7, page: 'a' }]]);
});

test('what can\'t be read is left alone, and told in debug', async t => {
  const world = new World(t);
  const warned = t.mock.method(console, 'warn', () => {});
  for (const debug of [false, true]) {
    const { room, socket } = await world.joined('film:7', { debug });
    const heard = ears();
    room.on('*', heard);
    room.onPresence(heard);
    for (const text of ['', '{', 'null', '7', '[]', '{}', '{"type":7}', '{"type":"tomorrow"}', '{"type":"presence","topic":"film:7","joins":[null,{}],"leaves":{}}']) await socket.raw(text);
    await socket.says({ type: 'joined', topic: 'film:7' });
    await socket.says({ type: 'refused', topic: 'film:7' });
    await socket.says({ type: 'presence', topic: 'film:7', joins: 7 });
    await socket.says({ type: 'event', topic: 'film:9' });
    await socket.says({ type: 'hello', connection: 'again' });
    await socket.says({ type: 'reply', ref: 'nobody' });
    assert.deepEqual(heard.take(), []);
    assert.equal(room.state, 'joined');
    assert.equal(warned.mock.callCount() > 0, debug);
    await socket.says(comment('still here'));
    assert.equal(heard.take().length, 1);
  }
});
