// What people say of the film: its tally, and a review that this page shows, at once; one that is new when somebody wants to see it.

// What comes close together is loaded together; and what this page did itself is there by then.
const PAUSE = 300;

// One after the other: of those that wait for one under way, htmx keeps only the last.
let turn = Promise.resolve();
const get = (path, target) => {
  const ask = () => window.htmx.ajax('GET', path, { target, select: target, swap: 'outerHTML', headers: { 'X-Live': 'true' } });
  turn = turn.then(ask).catch(() => {});
};

// Does somebody write in the form of the reviews, or have they asked for it?
function busy() {
  const form = document.querySelector('#reviews form.review');
  if (!form) return false;
  const changed = field => field.type === 'radio' ? field.checked !== field.defaultChecked : 'defaultValue' in field && field.type !== 'hidden' && field.value !== field.defaultValue;
  return form.action.endsWith('/edit/') || form.contains(document.activeElement) || [...form.elements].some(changed);
}

export function reviews(room, mine, film, page) {
  const fresh = new Set(), own = new Set();
  let changed = new Set(), soon;

  const offer = () => {
    const button = document.querySelector('#fresh');
    for (const id of fresh) if (document.querySelector(`#review-${id}`) || own.has(id)) fresh.delete(id);
    button.hidden = fresh.size === 0;
    button.textContent = fresh.size === 1 ? 'Show 1 new review' : `Show ${fresh.size} new reviews`;
  };
  const load = () => {
    soon = undefined;
    const shown = [...changed].filter(id => document.querySelector(`#review-${id}`));
    changed = new Set();
    offer();
    if (shown.length) for (const id of shown) get(`${page}tally/?review=${id}`, '#tally');
    else get(`${page}tally/`, '#tally');
  };
  const anew = () => {
    if (!busy()) return get(page, '#reviews');
    get(`${page}tally/`, '#tally');
    get(page, '#said');
  };

  room.on('reviews', ({ review, new: written }) => {
    if (written) fresh.add(review);
    changed.add(review);
    soon ??= setTimeout(load, PAUSE);
  });
  room.onGap(anew);
  // Done by the same person on another page, or to them.
  mine?.on('review', ({ film: of, review }) => {
    if (of !== film) return;
    own.add(review);
    if (!busy()) anew();
  });

  document.addEventListener('htmx:afterSettle', () => offer());
  document.addEventListener('click', ({ target }) => {
    if (target.id === 'fresh') document.querySelector('#reviews-head').focus();
  });
}
