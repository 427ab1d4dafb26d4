// What others do shows on pages that are open. Every page works without this, and then shows what was there when it was loaded.
import { connect } from 'channels';
import { listen } from 'channels-html';
import { notes } from 'live/notes.js';
import { people } from 'live/people.js';
import { reviews } from 'live/reviews.js';
import { talk } from 'live/talk.js';

// Connects only where something is joined.
const channels = connect();
listen(channels);

// The site tells all pages but the one that did something: this is which.
document.addEventListener('htmx:configRequest', ({ detail }) => {
  const own = new URL(detail.path, location).origin === location.origin;
  if (own && channels.connection) detail.headers['X-Connection'] = channels.connection;
});

const user = document.body.dataset.own;
const mine = user && channels.join(`user:${user}`);
if (mine) notes(mine);

const here = document.querySelector('#here');
if (here) {
  const { film, page, after } = here.dataset;
  const room = channels.join(`film:${film}`, { after: after || undefined });
  people(channels, room, here);
  talk(room, user);
  reviews(room, mine, Number(film), page);
}
