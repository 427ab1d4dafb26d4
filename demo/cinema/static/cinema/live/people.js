// Who looks at the same film, each person once; or that this page is not live now.

// Somebody who comes says a moment later which guest they are; somebody who goes on to another page comes back.
const PAUSE = 200;
// So long a connection may be gone before that is worth a word.
const PATIENCE = 4000;
const NAMED = 5;

const list = new Intl.ListFormat('en-GB');
const number = new Intl.NumberFormat('en-GB');

/** `You, Ana and 2 guests`, from who is there. */
function named(people, own) {
  const others = people.filter(({ key }) => key !== own);
  const names = others.map(({ meta }) => meta.name).filter(Boolean).sort((a, b) => a.localeCompare(b, 'en'));
  const guests = others.length - names.length;
  const words = ['you', ...names.slice(0, NAMED)];
  if (names.length > NAMED) words.push(`${number.format(names.length - NAMED + guests)} more`);
  else if (guests) words.push(guests === 1 ? 'a guest' : `${number.format(guests)} guests`);
  return list.format(words);
}

// By chance, and the same on all pages of this browser.
function guest() {
  const make = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
  try {
    return localStorage.guest ??= make();
  } catch {
    return make();
  }
}

export function people(channels, room, line) {
  let soon, late, known = false;
  const write = (text, live, way) => {
    line.classList.toggle('away', !live);
    line.replaceChildren(text);
    if (way) {
      const link = Object.assign(document.createElement('a'), { href: location.href, textContent: way });
      link.addEventListener('click', event => { event.preventDefault(); location.reload() });
      line.append(' ', link);
    }
    line.hidden = false;
  };
  const tell = () => {
    soon = undefined;
    if (room.state !== 'joined') return;
    const own = room.presence.get(channels.connection)?.key;
    const all = room.presence.list(meta => meta.key);
    if (!own) return;
    write(all.length === 1 ? 'You are the only one here.' : `${number.format(all.length)} people are here: ${named(all, own)}.`, true);
  };
  const changed = () => {
    clearTimeout(late);
    if (room.state === 'joined') {
      if (!document.body.dataset.own && !known) room.say({ event: 'guest', browser: guest() });
      known = true;
      soon ??= setTimeout(tell, PAUSE);
    } else {
      known = false;
      late = setTimeout(() => {
        if (room.state === 'refused') line.hidden = true;
        else if (channels.state === 'closed') write('This page is not live any more.', false, 'Load it again');
        else write('Not live now: what others do shows when the connection is back.', false);
      }, PATIENCE);
    }
  };
  room.onState(changed);
  room.onPresence(() => { soon ??= setTimeout(tell, PAUSE) });
  changed();
}
