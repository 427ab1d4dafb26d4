// The cinema works without this file. It remembers the theme, and takes “/” to the search field.
// Loaded in the head and not deferred: the theme is set before the first stroke is drawn.
(() => {
  const root = document.documentElement;
  const kept = document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/);
  if (kept) root.dataset.theme = kept[1];

  addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('[data-do=theme]');
    if (button) {
      button.hidden = false;
      button.addEventListener('click', () => {
        const dark = (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
        root.dataset.theme = dark ? 'light' : 'dark';
        document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
        document.querySelector('#say').textContent = dark ? 'Light theme' : 'Dark theme';
      });
    }
    // On a small screen the genres are one long row: the picked one is brought into sight.
    document.querySelector('.pills [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
    // What is newest, and mostly most, stands at the end of a drawing of years.
    document.querySelectorAll('[data-end]').forEach(drawing => { drawing.scrollLeft = drawing.scrollWidth });
    // Fields that were left empty stay out of the address; a page that comes back from the history has them again.
    const form = document.querySelector('.filters');
    const empty = () => [...form.elements].filter(field => field.name && !field.value);
    form?.addEventListener('submit', () => empty().forEach(field => { field.disabled = true }));
    // A choice shows at once, but not while somebody walks through a list by keys: there the button says when.
    let keys = false;
    form?.addEventListener('keydown', () => { keys = true });
    form?.addEventListener('pointerdown', () => { keys = false });
    form?.addEventListener('change', event => { if (event.target.matches('select') && !keys) form.requestSubmit() });
    addEventListener('pageshow', () => form && [...form.elements].forEach(field => { field.disabled = false }));
    // What htmx sends to this site has the token of the page, where the page shows one: a form of its own, or a meta element.
    document.addEventListener('htmx:configRequest', event => {
      const token = document.querySelector('meta[name=csrf-token]')?.content ?? document.querySelector('input[name=csrf_token]')?.value;
      const own = new URL(event.detail.path, location).origin === location.origin;
      if (token && own && event.detail.verb !== 'get') event.detail.headers['X-CSRF-Token'] = token;
    });
    // The menu closes by Escape, and by a click elsewhere.
    const who = document.querySelector('.who');
    document.addEventListener('click', event => { if (who?.open && !who.contains(event.target)) who.open = false });
    who?.addEventListener('keydown', event => { if (event.key === 'Escape' && who.open) { who.open = false; who.querySelector('summary').focus() } });
    // Where something in a form needs another look, reading goes on at the list of it.
    document.querySelector('.note[role=alert]')?.focus();
    // What was found is told to those who don't see it.
    document.addEventListener('htmx:afterSettle', event => {
      // The reviews were put anew: reading goes on at what is wrong, at the form that was asked for, or at what was told.
      const reviews = event.detail.elt?.id === 'reviews' ? event.detail.elt : event.target.id === 'reviews' && event.target;
      // What others did is put anew without taking anybody from where they are.
      if (reviews && !event.detail.requestConfig?.headers['X-Live']) {
        const said = reviews.querySelector('.note[role=status]');
        if (said) document.querySelector('#say').textContent = said.textContent;
        (reviews.querySelector('.note[role=alert]') ?? (said ? reviews.querySelector('h2') : reviews.querySelector('.form [name]:not([type=hidden])') ?? reviews.querySelector('h2')))?.focus();
      }
      if (event.target.id === 'found') document.querySelector('#say').textContent = document.querySelector('.result h2').textContent;
    });
    document.addEventListener('keydown', event => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea')) return;
      const search = document.querySelector('#q');
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    });
  });
})();
