// What somebody did on another page, and what others did that concerns them: a few words with a link, until they are sent away.
const MOST = 3;

export function notes(room) {
  const place = document.querySelector('#notes');
  const cross = () => {
    const button = Object.assign(document.createElement('button'), { className: 'icon', type: 'button' });
    button.setAttribute('aria-label', 'Dismiss');
    button.append(document.querySelector('#cross-sign').content.cloneNode(true));
    return button;
  };
  room.on('*', ({ event, text, href, film }) => {
    // Who is on the film's page sees what is said there.
    if (event === 'comment' && document.querySelector('#here')?.dataset.film === String(film)) return;
    const note = Object.assign(document.createElement('p'), { className: 'note' });
    const link = Object.assign(document.createElement('a'), { href, textContent: 'Show' });
    const close = cross();
    note.append(Object.assign(document.createElement('span'), { textContent: text }), link, close);
    for (const end of [link, close]) end.addEventListener('click', () => note.remove());
    place.append(note);
    while (place.children.length > MOST) place.firstElementChild.remove();
  });
}
