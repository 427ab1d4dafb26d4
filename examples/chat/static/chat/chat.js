// Who comes back into a room in this tab, even by loading the page again, hears what was said since they came first.
import { connect } from 'channels';

const [door, inside, where, here, lines, mouth, wrong] = ['door', 'inside', 'where', 'here', 'lines', 'mouth', 'wrong'].map(id => document.getElementById(id));
const line = (text, by) => {
  const item = document.createElement('li');
  if (by) item.append(Object.assign(document.createElement('b'), { textContent: by }), ' ');
  item.append(text);
  lines.append(item);
  item.scrollIntoView({ block: 'nearest' });
};

function enter(name, place) {
  const key = `since ${place}`;
  const room = connect().join(`room:${encodeURIComponent(place)}`, { after: sessionStorage[key] });
  room.on('line', ({ by, text }) => line(text, by));
  room.onGap(() => line('What was said before is not kept any more.'));
  room.onPresence(() => { here.textContent = `Here: ${[...room.presence.values()].join(', ')}` });
  room.onState(state => {
    inside.dataset.state = state;
    if (state !== 'joined') return;
    sessionStorage[key] ??= room.at;
    room.say({ event: 'called', name });
  });
  mouth.addEventListener('submit', async event => {
    event.preventDefault();
    const { text } = mouth.elements;
    try {
      await room.say({ event: 'line', text: text.value });
      text.value = wrong.textContent = '';
    } catch (error) {
      wrong.textContent = error.message;
    }
  });
  where.textContent = place;
  [door.hidden, inside.hidden] = [true, false];
  mouth.elements.text.focus();
}

door.addEventListener('submit', event => {
  event.preventDefault();
  Object.assign(sessionStorage, { name: door.elements.name.value, room: door.elements.room.value });
  enter(sessionStorage.name, sessionStorage.room);
});
if (sessionStorage.name) enter(sessionStorage.name, sessionStorage.room);
