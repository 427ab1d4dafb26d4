// The toolbar of a development site: `debug = true` adds it, a release never has it.
(() => {
  'use strict';
  if (window.__quintetToolbar || window.top !== window) return;
  window.__quintetToolbar = true;

  const base = '/__quintet/toolbar/';
  const own = document.currentScript;
  const whole = Boolean(own && 'whole' in own.dataset);
  const kept = 'quintet-toolbar';
  const host = document.createElement('quintet-toolbar');
  const root = host.attachShadow({ mode: 'open' });

  // An element with its attributes and children; texts are texts.
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else if (value === true) element.setAttribute(key, '');
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.flat().filter(child => child !== null && child !== undefined));
    return element;
  }

  const remember = {
    get: key => { try { return sessionStorage.getItem(`${kept}-${key}`) } catch { return null } },
    set: (key, value) => { try { sessionStorage.setItem(`${kept}-${key}`, value) } catch { /* not allowed here */ } },
  };

  const ms = value => value === null || value === undefined ? '' : `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
  const some = (count, one) => `${count} ${count === 1 ? one : one.endsWith('y') ? `${one.slice(0, -1)}ies` : `${one}s`}`;

  async function ask(path) {
    const response = await fetch(base + path, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(response.status === 404 ? 'The site does not remember this request any more.' : `The site answered ${response.status}.`);
    return response.json();
  }

  // Which request this page came by: its headers say so; if the browser hides them, the newest of this address.
  async function find() {
    const [navigation] = performance.getEntriesByType('navigation');
    const id = (navigation?.serverTiming ?? []).find(entry => entry.name === 'quintet')?.description;
    if (id) return id;
    const requests = await ask('requests');
    const here = location.pathname;
    return (requests.find(r => r.kind === 'text/html' && r.address.split('?')[0] === here) ?? requests[0])?.id;
  }

  let record = null, requests = [], opened = whole;

  const handle = make('button', { type: 'button', class: 'handle', 'aria-expanded': 'false', 'aria-controls': 'sheet', onclick: () => opened ? close() : open() });
  const title = make('h2', { id: 'title' });
  const notice = make('p', { class: 'notice', role: 'status' });
  const tabs = make('div', { role: 'tablist', 'aria-label': 'Panels', class: 'tabs', onkeydown: walk });
  const body = make('div', { role: 'tabpanel', id: 'body', class: 'body', tabindex: '0' });
  const sheet = make('section', { id: 'sheet', class: 'sheet', 'aria-labelledby': 'title', hidden: true },
    make('header', {},
      title,
      whole ? null : make('button', { type: 'button', class: 'plain', onclick: hide }, 'Hide in this tab'),
      whole ? null : make('button', { type: 'button', class: 'plain', onclick: close }, 'Close')),
    tabs, notice, body);
  const bar = make(whole ? 'div' : 'aside', { 'aria-label': whole ? null : 'Development toolbar', class: whole ? 'whole' : 'edge' }, sheet, whole ? null : handle);

  bar.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !opened || whole) return;
    event.stopPropagation();
    close();
  });

  function say(text) { notice.textContent = text }

  function label() {
    if (!record) { handle.replaceChildren(mark(), make('span', { class: 'vh' }, 'Toolbar')); return }
    const queries = record.counts.queries ?? 0;
    handle.replaceChildren(mark(), make('span', {}, ms(record.took)), make('span', {}, some(queries, 'query')),
      ...(record.attention.length ? [make('span', { class: 'bad' }, make('span', { 'aria-hidden': 'true' }, '▲ '), some(record.attention.length, 'warning'))] : []),
      make('span', { class: 'vh' }, ', toolbar'));
  }

  // Five strokes, as in the name.
  function mark() {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 25 20');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(svg.namespaceURI, 'path');
    path.setAttribute('d', 'M1 7h3v9H1zM6 3h3v15H6zM11 0h3v13h-3zM16 5h3v15h-3zM21 8h3v6h-3z');
    svg.append(path);
    return svg;
  }

  async function open() {
    opened = true;
    sheet.hidden = false;
    handle.hidden = true;
    handle.setAttribute('aria-expanded', 'true');
    await refresh();
    (tabs.querySelector('[aria-selected="true"]') ?? body).focus();
  }

  function close() {
    opened = false;
    sheet.hidden = true;
    handle.hidden = false;
    handle.setAttribute('aria-expanded', 'false');
    handle.focus();
  }

  function hide() {
    remember.set('hidden', 'yes');
    host.remove();
  }

  async function refresh(id = record?.id) {
    try {
      requests = await ask('requests');
      if (id) record = await ask(`requests/${encodeURIComponent(id)}`);
      else if (whole && requests.length) record = await ask(`requests/${encodeURIComponent(requests[0].id)}`);
      say(record?.left_out ? `${record.left_out} more things happened than are remembered.` : '');
    } catch (error) {
      say(error.message);
    }
    label();
    if (opened) draw();
  }

  // The list of requests comes first, then what the chosen one did.
  function panels() {
    return [{ name: 'requests', title: 'Requests', count: requests.length }, ...(record?.panels ?? [])];
  }

  function chosen() {
    const name = remember.get('tab') ?? (whole ? 'requests' : 'queries');
    return panels().find(panel => panel.name === name) ?? panels()[0];
  }

  function draw() {
    title.replaceChildren(...(record ? [make('code', {}, `${record.method} ${record.address}`), ` ${record.status}, ${ms(record.took)}`] : ['No request yet']));
    const here = chosen();
    tabs.replaceChildren(...panels().map(panel => make('button', {
      type: 'button', role: 'tab', id: `tab-${panel.name}`, 'aria-controls': 'body',
      'aria-selected': String(panel.name === here.name), tabindex: panel.name === here.name ? '0' : '-1',
      onclick: () => choose(panel.name),
    }, panel.title,
    panel.count === null || panel.count === undefined ? null : make('span', { class: 'count' }, String(panel.count)),
    panel.attention ? make('span', { class: 'bad', title: panel.attention }, make('span', { 'aria-hidden': 'true' }, '▲'), make('span', { class: 'vh' }, ', warning')) : null)));
    body.setAttribute('aria-labelledby', `tab-${here.name}`);
    body.replaceChildren(...(here.name === 'requests' ? [history()] : content(here)));
    body.scrollTop = 0;
  }

  function choose(name) {
    remember.set('tab', name);
    draw();
    tabs.querySelector('[aria-selected="true"]').focus();
    if (name === 'requests') refresh().then(() => tabs.querySelector('[aria-selected="true"]')?.focus());
  }

  function walk(event) {
    const all = [...tabs.children];
    const at = all.indexOf(root.activeElement);
    const flipped = getComputedStyle(tabs).direction === 'rtl' ? -1 : 1;
    const to = { ArrowRight: at + flipped, ArrowLeft: at - flipped, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    all[(to + all.length) % all.length].click();
  }

  function history() {
    if (!requests.length) return make('p', { class: 'empty' }, 'No request yet.');
    const rows = requests.map(r => make('tr', { class: r.id === record?.id ? 'here' : null },
      make('td', {}, make('time', { datetime: r.at }, new Date(r.at).toLocaleTimeString())),
      make('td', {}, make('button', { type: 'button', class: 'link', 'aria-current': r.id === record?.id ? 'true' : null, onclick: () => show(r.id) }, `${r.method} ${r.address}`),
        r.location ? make('span', { class: 'muted' }, ` to ${r.location}`) : null),
      make('td', {}, make('span', { class: r.status >= 400 ? 'bad' : null }, String(r.status))),
      make('td', {}, r.kind),
      make('td', { class: 'figure' }, ms(r.took)),
      make('td', { class: 'figure' }, String(r.counts.queries ?? 0)),
      make('td', {}, r.attention.length ? make('span', { class: 'bad' }, r.attention.join('; ')) : '')));
    const heads = [['At'], ['Request'], ['Status'], ['Kind'], ['Took', 'figure'], ['Queries', 'figure'], ['Warnings']];
    return make('table', { class: 'history' }, make('caption', { class: 'vh' }, 'The last requests, the newest first'),
      make('thead', {}, make('tr', {}, heads.map(([text, kind]) => make('th', { scope: 'col', class: kind ?? null }, text)))),
      make('tbody', {}, rows));
  }

  async function show(id) {
    await refresh(id);
    remember.set('tab', 'request');
    draw();
    tabs.querySelector('[aria-selected="true"]').focus();
  }

  function content(panel) {
    if (panel.tables) {
      const filled = panel.tables.filter(table => table.rows.length);
      if (!filled.length) return [make('p', { class: 'empty' }, `${panel.title}: none.`)];
      return filled.map(table => make('table', { class: 'kv' }, make('caption', {}, table.title),
        make('tbody', {}, table.rows.map(([name, value]) => make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, value))))));
    }
    const out = [];
    if (panel.attention) out.push(make('p', { class: 'warn' }, `${panel.attention}.`));
    if (!panel.entries.length) out.push(make('p', { class: 'empty' }, `${panel.title}: none.`));
    else out.push(make('ol', { class: 'notes' }, panel.entries.map(entry)));
    return out;
  }

  function entry(note) {
    const plan = make('div', { class: 'plan' });
    const asked = note.ask ? make('button', { type: 'button', class: 'small', onclick: () => tell(note, plan) }, note.ask) : null;
    const facts = note.facts.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value)));
    return make('li', {},
      make('p', { class: 'line' },
        make('span', { class: 'figure took' }, ms(note.took)), stretch(note),
        note.place ? make('code', { class: 'muted' }, note.place) : null,
        note.repeated ? make('span', { class: 'tag bad' }, `${note.repeated} times from here`) : null,
        asked),
      make('pre', {}, note.text),
      facts.length ? make('dl', { class: note.facts.every(([, value]) => value.length < 40) && facts.length < 5 ? 'short' : null }, facts) : null,
      note.failed ? make('p', { class: 'warn' }, `Failed: ${note.failed}`) : null,
      plan);
  }

  // When it ran within the request.
  function stretch(note) {
    if (!note.took || !record.took) return null;
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', 'stretch');
    svg.setAttribute('viewBox', '0 0 100 8');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    const bar = document.createElementNS(svg.namespaceURI, 'rect');
    const total = Math.max(record.took, note.began + note.took);
    bar.setAttribute('x', String(100 * note.began / total));
    bar.setAttribute('width', String(Math.max(1, 100 * note.took / total)));
    bar.setAttribute('height', '8');
    svg.append(bar);
    return svg;
  }

  async function tell(note, place) {
    try {
      const told = await ask(`requests/${encodeURIComponent(record.id)}/${note.number}`);
      place.replaceChildren(make('pre', { class: told.failed ? 'warn' : null, tabindex: '0', role: 'region', 'aria-label': note.ask }, told.text));
    } catch (error) {
      place.replaceChildren(make('p', { class: 'warn' }, error.message));
    }
    say(`${note.ask} shown.`);
  }

  // What scripts of the page ask for is in the list as soon as it was answered.
  function listen() {
    let waiting;
    new PerformanceObserver(list => {
      const news = list.getEntries().some(e => ['fetch', 'xmlhttprequest'].includes(e.initiatorType) && !new URL(e.name).pathname.startsWith('/__quintet/'));
      if (!news || !opened || chosen().name !== 'requests') return;
      clearTimeout(waiting);
      waiting = setTimeout(() => refresh(), 200);
    }).observe({ type: 'resource' });
  }

  async function begin() {
    if (!whole && remember.get('hidden') === 'yes') return;
    const style = make('link', { rel: 'stylesheet', href: `${base}style.css` });
    const styled = new Promise(done => { style.addEventListener('load', done); style.addEventListener('error', done) });
    label();
    root.append(style, bar);
    bar.hidden = true;
    (whole ? document.querySelector('main') ?? document.body : document.documentElement).append(host);
    await styled;
    bar.hidden = false;
    if (whole) {
      sheet.hidden = false;
      await refresh();
    } else {
      const id = await find().catch(() => null);
      if (id) await refresh(id);
    }
    listen();
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
