// What a page says, and what becomes of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { World, fails, settled } from './fake.mjs';

const typing = { event: 'typing' };
const said = (data, topic = 'film:7') => ({ type: 'say', topic, data });

test('an answer is the one with its ref', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const one = room.say({ event: 'comment', text: 'with "quotes" and ünïcode' });
  const two = room.say(typing);
  const first = socket.heard(said({ event: 'comment', text: 'with "quotes" and ünïcode' }));
  const second = socket.heard(said(typing));
  await socket.says({ type: 'reply', ref: second });
  await socket.says({ type: 'reply', ref: first, data: { id: 7 } });
  assert.deepEqual(await one, { id: 7 });
  assert.equal(await two, undefined);
  assert.equal(world.waiting, 1, 'the heartbeat; no time-out is left behind');
});

test('a problem is a failure that tells what the server said', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const problem = { status: 422, title: 'Unprocessable Content', detail: 'a comment needs a text', errors: [{ pointer: '#/text', detail: 'Needed.' }] };
  const said = room.say({ event: 'comment' });
  await socket.says({ type: 'reply', ref: socket.said.shift().ref, problem });
  await fails(said, 'problem', 422);
  await said.catch(error => {
    assert.equal(error.message, 'a comment needs a text');
    assert.deepEqual(error.problem, problem);
  });
  const other = room.say({ event: 'nothing of the channel' });
  await socket.says({ type: 'error', ref: socket.said.shift().ref, problem: { status: 400, title: 'Bad Request' } });
  await fails(other, 'problem', 400);
});

test('an error without a question is told of the connection', async t => {
  const world = new World(t);
  const { channels, socket } = await world.joined();
  const errors = [];
  channels.on('error', error => errors.push(error));
  await socket.says({ type: 'error', problem: { status: 400, title: 'Bad Request' } });
  await socket.says({ type: 'error' });
  assert.deepEqual(errors.map(({ status }) => status), [400, 0]);
});

test('nobody waits longer than the time-out', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined('film:7', { timeout: 3000 });
  const short = room.say(typing, { timeout: 1000 });
  const usual = room.say(typing);
  const forever = room.say(typing, { timeout: Infinity });
  const ref = socket.said.shift().ref;
  await world.pass(1000);
  await fails(short, 'timeout');
  await socket.says({ type: 'reply', ref });
  await world.pass(1999);
  let over = false;
  usual.catch(() => { over = true });
  await settled();
  assert.equal(over, false);
  await world.pass(1);
  await fails(usual, 'timeout');
  await world.pass(5000);
  await socket.says({ type: 'reply', ref: socket.said[1].ref, data: 1 });
  assert.equal(await forever, 1);
});

test('it waits for the topic, in order, and not longer than its time-out', async t => {
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  const one = room.say({ event: 'one' });
  const gone = room.say({ event: 'gone' }, { timeout: 500 });
  const two = room.say({ event: 'two' });
  await world.pass(500);
  await fails(gone, 'timeout');
  await world.socket.greets();
  await world.socket.joins('film:7');
  const refs = [world.socket.heard(said({ event: 'one' })), world.socket.heard(said({ event: 'two' }))];
  world.socket.silent();
  for (const ref of refs) await world.socket.says({ type: 'reply', ref });
  await Promise.all([one, two]);
});

test('what is said is what it was when it was said', async t => {
  const world = new World(t);
  const room = world.connect().join('film:7');
  const data = { event: 'comment', text: 'before' };
  room.say(data);
  data.text = 'after';
  await world.socket.greets();
  await world.socket.joins('film:7');
  world.socket.heard(said({ event: 'comment', text: 'before' }));
});

test('what was sent is not sent again when the connection breaks; what was not, is sent', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  const sent = room.say({ event: 'sent' });
  socket.heard(said({ event: 'sent' }));
  await socket.closes();
  await fails(sent, 'lost');
  room.say({ event: 'later' });
  const late = room.say(typing, { volatile: true });
  await fails(late, 'away');
  await world.pass(500);
  await world.socket.greets();
  await world.socket.joins('film:7', { after: 'p0' });
  world.socket.heard(said({ event: 'later' }));
  world.socket.silent();
  room.say(typing, { volatile: true });
  world.socket.heard(said(typing));
});

test('so many wait, and no more', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined('film:7', { queue: 2 });
  await socket.closes();
  const first = room.say({ event: 'first' }, { timeout: 100 });
  room.say({ event: 'second' });
  await fails(room.say({ event: 'third' }), 'full');
  await world.pass(100);
  await fails(first, 'timeout');
  room.say({ event: 'fourth' });
  channels.join('film:8').say({ event: 'of its own' });
  await world.pass(150);
  await world.socket.greets();
  await world.socket.joins('film:7', { after: 'p0' });
  world.socket.heard({ type: 'join', topic: 'film:8' });
  world.socket.heard(said({ event: 'second' }));
  world.socket.heard(said({ event: 'fourth' }));
  world.socket.silent();
});

test('nothing is said to a room that was left, refused or closed', async t => {
  const world = new World(t);
  const { room, channels, socket } = await world.joined();
  const other = channels.join('film:7');
  room.leave();
  await fails(room.say(typing), 'left');
  other.say(typing);
  socket.heard(said(typing));

  const refused = channels.join('film:8');
  const waiting = refused.say(typing);
  const ref = socket.heard({ type: 'join', topic: 'film:8' });
  await socket.says({ type: 'refused', ref, topic: 'film:8', problem: { status: 403, title: 'Forbidden' } });
  await fails(waiting, 'problem', 403);
  await fails(refused.say(typing), 'problem', 403);

  const early = channels.join('film:9');
  const queued = early.say(typing);
  socket.heard({ type: 'join', topic: 'film:9' });
  early.leave();
  await fails(queued, 'left');

  const last = channels.join('film:10');
  const closing = last.say(typing);
  channels.close();
  await fails(closing, 'closed');
  await fails(last.say(typing), 'closed');
  await fails(channels.join('film:11').say(typing), 'closed');
});

test('what is too large for the server does not cost the connection', async t => {
  const world = new World(t);
  const channels = world.connect();
  const room = channels.join('film:7');
  await world.socket.greets({ max_message: 200 });
  await world.socket.joins('film:7');
  await fails(room.say({ event: 'comment', text: 'ü'.repeat(100) }), 'size', 413);
  world.socket.silent();
  room.say({ event: 'comment', text: 'ü'.repeat(60) });
  assert.equal(world.socket.said.length, 1);
  assert.equal(channels.state, 'open');
});

test('what JSON does not have fails like everything else', async t => {
  const world = new World(t);
  const { room, socket } = await world.joined();
  await assert.rejects(room.say(undefined), TypeError);
  await assert.rejects(room.say({ event: 'number', value: 1n }), TypeError);
  socket.silent();
});

test('a failure that nobody looks at is no unhandled rejection', async t => {
  const world = new World(t);
  const unhandled = t.mock.fn();
  process.on('unhandledRejection', unhandled);
  t.after(() => process.off('unhandledRejection', unhandled));
  const { room, channels, socket } = await world.joined();
  room.say(typing, { timeout: 10 });
  room.say(undefined);
  room.say(typing);
  await world.pass(10);
  await socket.closes();
  room.say(typing, { volatile: true });
  room.say(typing);
  channels.close();
  room.say(typing);
  room.leave();
  room.say(typing);
  await settled();
  await settled();
  assert.equal(unhandled.mock.callCount(), 0);
});
