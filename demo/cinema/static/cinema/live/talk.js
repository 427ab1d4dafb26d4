// The talk on a film's page: who is typing, the field that one writes in, and times as they are here. The comments load by themselves: `data-channel` says when.

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

const saying = ({ requestConfig }) => requestConfig.verb === 'post' && requestConfig.path.endsWith('/say/');

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

  // Sent is sent: the field is empty at once, and what is written before the answer is the next comment, which stays. If the comment
  // could not be sent or was refused, it is in the field again.
  const field = () => document.querySelector('#talk [name=say]');
  const before = (text, next) => text && next ? `${text} ${next}` : text || next;
  let sent = '', next = '';
  document.addEventListener('htmx:beforeSend', ({ target }) => {
    if (!target.matches('#talk .say')) return;
    last = -Infinity;
    sent = field().value;
    field().value = '';
  });
  document.addEventListener('htmx:beforeSwap', ({ detail }) => { if (saying(detail)) next = field().value });
  document.addEventListener('htmx:afterSwap', ({ detail }) => {
    if (!saying(detail) || !field()) return;
    field().value = before(field().value, next);
    field().focus();
  });
  document.addEventListener('htmx:afterRequest', ({ detail }) => {
    if (!saying(detail) || !field() || detail.successful || detail.xhr.status === 422) return;
    field().value = before(sent, field().value);
  });

  document.addEventListener('htmx:afterSettle', ({ detail }) => {
    const at = document.querySelector('#talk');
    if (!at.contains(detail.target) && detail.target.isConnected) return;
    here(at);
    show();
    if (detail.requestConfig.verb !== 'post') {
      // Read to who is in the talk, and to nobody else.
      const newest = at.contains(document.activeElement) && at.querySelector('.lines li > div');
      if (newest) document.querySelector('#say').textContent = newest.innerText;
    }
  });
  here(document.querySelector('#talk'));
}
