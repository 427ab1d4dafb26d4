// The talk on a film's page: who is typing, and times as they are here. The comments load by themselves: `data-channel` says when.

// So often it is told that somebody types, and so long it is believed.
const AGAIN = 2000;
const FORGET = 5000;

const list = new Intl.ListFormat('en-GB');
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function here(root) {
  const today = day.format(new Date());
  for (const element of root.querySelectorAll('time')) {
    const at = new Date(element.dateTime);
    element.textContent = day.format(at) === today ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
  }
}

export function talk(room, user) {
  const own = `user ${user}`;
  const typing = new Map();
  let last = -Infinity;

  const show = () => {
    const names = [...typing.values()].map(({ name }) => name);
    document.querySelector('#typing').textContent = names.length ? `${list.format(names)} ${names.length === 1 ? 'is' : 'are'} typing…` : '';
  };
  const forget = by => {
    clearTimeout(typing.get(by)?.timer);
    typing.delete(by);
    show();
  };
  room.on('typing', ({ by, name }) => {
    if (by === own) return;
    clearTimeout(typing.get(by)?.timer);
    typing.set(by, { name, timer: setTimeout(forget, FORGET, by) });
    show();
  });
  room.on('comment', ({ by }) => forget(by));

  // The form comes anew with each comment.
  document.addEventListener('input', ({ target }) => {
    if (!target.matches('#talk [name=say]') || !target.value || performance.now() - last < AGAIN) return;
    last = performance.now();
    room.say({ event: 'typing' }, { volatile: true });
  });

  document.addEventListener('submit', ({ target }) => { if (target.matches('#talk .say')) last = -Infinity });

  document.addEventListener('htmx:afterSettle', ({ detail }) => {
    const at = document.querySelector('#talk');
    if (!at.contains(detail.target) && detail.target.isConnected) return;
    here(at);
    show();
    if (detail.requestConfig.verb !== 'post') {
      // Read to who is in the talk, and to nobody else.
      const newest = at.contains(document.activeElement) && at.querySelector('.lines li > div');
      if (newest) document.querySelector('#say').textContent = newest.innerText;
    } else if (detail.requestConfig.path.endsWith('/say/')) {
      at.querySelector('[name=say]')?.focus();
    }
  });
  here(document.querySelector('#talk'));
}
