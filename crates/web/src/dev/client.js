// The part of the development loop that runs in pages: `cargo run -- dev` adds it, a release never has it.
(() => {
  'use strict';
  if (window.__quintetDev) return;
  window.__quintetDev = true;

  const own = document.currentScript;
  const build = own ? own.dataset.build : '';
  const base = '/__quintet/dev/';
  let panel;

  // A constructed sheet: the page's policy allows no style elements.
  const look = new CSSStyleSheet();
  look.replaceSync(`
    section { position: fixed; inset: 0; z-index: 2147483647; overflow: auto; padding: 2rem; background: rgb(17 17 17 / .97); color: #eee; }
    h1 { margin: 0 0 1rem; font: 600 1.1rem system-ui, sans-serif; color: #ff8080; }
    pre { margin: 0; font: .875rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
    button { position: absolute; inset-block-start: 1rem; inset-inline-end: 1rem; font: 1rem system-ui, sans-serif; padding: .25rem .75rem; }
  `);

  function show(problem) {
    hide();
    panel = document.createElement('quintet-problem');
    const root = panel.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [look];
    const section = document.createElement('section');
    section.setAttribute('role', 'alertdialog');
    section.setAttribute('aria-label', problem.title);
    const title = document.createElement('h1');
    title.textContent = problem.title;
    const text = document.createElement('pre');
    text.textContent = problem.text;
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = 'Close';
    close.addEventListener('click', hide);
    section.append(title, text, close);
    root.append(section);
    document.documentElement.append(panel);
  }

  function hide() {
    if (panel) panel.remove();
    panel = undefined;
  }

  // Each sheet whose file has changed; all, if none is linked by the page: then another one imports it.
  function swap(names) {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"]')].filter(
      (link) => new URL(link.href, location.href).origin === location.origin,
    );
    const changed = links.filter((link) => names.some((name) => new URL(link.href).pathname.endsWith('/' + encodeURI(name))));
    for (const link of changed.length ? changed : links) {
      const url = new URL(link.href);
      url.searchParams.set('v', Date.now().toString(36));
      const fresh = link.cloneNode();
      fresh.href = url;
      // The old one stays until the new one is there, so that nothing flickers.
      fresh.addEventListener('load', () => link.remove());
      fresh.addEventListener('error', () => fresh.remove());
      link.after(fresh);
    }
  }

  function listen() {
    const events = new EventSource(base + 'events');
    events.addEventListener('build', (event) => {
      if (build && event.data !== build) location.reload();
      else hide();
    });
    events.addEventListener('reload', () => location.reload());
    events.addEventListener('css', (event) => swap(JSON.parse(event.data).names));
    events.addEventListener('problem', (event) => show(JSON.parse(event.data)));
    events.addEventListener('fine', hide);
    events.addEventListener('error', () => {
      // The browser asks again by itself, unless what answers is no site: then that has something to say.
      if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 500);
    });
    window.addEventListener('pagehide', () => events.close());
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) location.reload();
    });
  }

  listen();
})();
