// What every page of the preview carries. It keeps the page up to date and shows, in a shadow of its own, what the
// engine knows of it. Nothing here makes HTML from text: whatever a page or a problem is called, it stays text.
(function () {
  'use strict';

  // Part 1: pure, tested by node -----------------------------------------------------------------

  /** Parts a sentence at its backticks: even places are words, odd ones are code. */
  const pieces = (text) => String(text).split('`');

  const count = (number, one, many = one + 's') => number + ' ' + (number === 1 ? one : many);

  /** Says what the bar says in one line: the words, and whether any of them is a warning. */
  function summary(status) {
    const page = status.page || {};
    const said = (page.states || []).map((state) => ({ text: state.name, weight: 'mark' }));
    const errors = (status.problems || []).filter((problem) => problem.level === 'error').length;
    const others = (status.problems || []).length - errors;
    const bad = (number, one, many) => { if (number) said.push({ text: count(number, one, many), weight: 'bad' }); };
    bad(errors, 'error');
    bad(others, 'warning');
    bad((status.links || []).length, 'broken link');
    bad((status.images || []).length, 'image without alt', 'images without alt');
    bad((status.guard || []).filter((row) => row.verdict === 'drift').length, 'guard finding');
    bad((status.hits || []).filter((hit) => !hit.ok).length, 'bad hit');
    if (page.words) said.push({ text: count(page.words, 'word') + ', ' + page.minutes + ' min', weight: '' });
    const good = (status.hits || []).filter((hit) => hit.ok).length;
    if (good) said.push({ text: count(good, 'hit'), weight: '' });
    return said;
  }

  /** Pairs equal keys of two lists, in order: the longest common subsequence, as [index, index]. */
  function common(one, other) {
    const pairs = [];
    let start = 0, ends = [one.length, other.length];
    while (start < Math.min(...ends) && one[start] === other[start]) pairs.push([start, start++]);
    const tail = [];
    while (ends[0] > start && ends[1] > start && one[ends[0] - 1] === other[ends[1] - 1]) {
      tail.unshift([--ends[0], --ends[1]]);
    }
    const rows = ends[0] - start, columns = ends[1] - start;
    // Beyond this the middle is paired by place, which is right too, only less sparing.
    if (rows && columns && rows * columns <= 4e6) {
      const longest = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
      for (let i = rows - 1; i >= 0; i--) for (let j = columns - 1; j >= 0; j--) {
        longest[i][j] = one[start + i] === other[start + j]
          ? longest[i + 1][j + 1] + 1
          : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
      for (let i = 0, j = 0; i < rows && j < columns;) {
        if (one[start + i] === other[start + j]) pairs.push([start + i++, start + j++]);
        else if (longest[i + 1][j] >= longest[i][j + 1]) i++;
        else j++;
      }
    }
    return pairs.concat(tail);
  }

  /** Returns an address with something in its query that makes the browser ask again. */
  function fresh(address, base, edition) {
    const url = new URL(address, base);
    url.searchParams.set('watchpost', edition);
    return url.href;
  }

  // Part 2: a page becomes its next version --------------------------------------------------------

  class Unpatchable extends Error {}

  const nameOf = (node) => node.nodeName + (node.id ? '#' + node.id : '');
  const keyOf = (node) => (node.nodeType === 1 ? node.outerHTML : node.nodeName + ':' + node.nodeValue);
  const isOurs = (node) => node.nodeName === 'WATCHPOST-PREVIEW' || (node.dataset && node.dataset.watchpost === 'preview');

  /**
   * Makes the same changes to `live` that lead from `before` to `after`. What did not change in the source is not
   * touched, so that scroll, focus, input and whatever scripts have made of it stay.
   */
  function patch(live, before, after) {
    if (before.isEqualNode(after)) return;
    if (live.nodeType !== 1) { live.nodeValue = after.nodeValue; return; }
    for (const { name } of [...before.attributes, ...after.attributes]) {
      const value = after.getAttribute(name);
      if (before.getAttribute(name) === value) continue;
      if (value === null) live.removeAttribute(name);
      else live.setAttributeNode(live.ownerDocument.importNode(after.getAttributeNode(name)));
    }
    if (live.nodeName === 'TEMPLATE') {
      live.content.replaceChildren(...copies(live, [...after.content.childNodes]));
      return;
    }
    const olds = [...before.childNodes].filter((node) => !isOurs(node));
    const news = [...after.childNodes].filter((node) => !isOurs(node));
    const lives = matched(live, olds);
    const next = () => (step.old < olds.length ? lives[step.old] : [...live.childNodes].find(isOurs) || null);
    const step = { old: 0, new: 0 };
    for (const [old, kept] of [...common(olds.map(keyOf), news.map(keyOf)), [olds.length, news.length]]) {
      while (step.old < old || step.new < kept) {
        const [one, other] = [olds[step.old], news[step.new]];
        if (step.old < old && step.new < kept && nameOf(one) === nameOf(other)) {
          patch(lives[step.old++], one, news[step.new++]);
        } else if (step.old < old) {
          lives[step.old++].remove();
        } else {
          live.insertBefore(copies(live, [news[step.new++]])[0], next());
        }
      }
      step.old++;
      step.new++;
    }
  }

  /** Finds the live node of each source node; nodes that scripts and extensions have put between them are passed over. */
  function matched(live, olds) {
    let at = live.firstChild;
    return olds.map((old) => {
      while (at && (isOurs(at) || nameOf(at) !== nameOf(old))) at = at.nextSibling;
      if (!at) throw new Unpatchable('a script has changed this part of the page');
      const found = at;
      at = at.nextSibling;
      return found;
    });
  }

  /** Copies nodes into the page. No script among them runs: it has run already, or its change leads to a reload. */
  function copies(live, nodes) {
    return nodes.map((node) => {
      const copy = live.ownerDocument.importNode(node, true);
      const below = copy.querySelectorAll ? [...copy.querySelectorAll('script')] : [];
      const scripts = copy.nodeName === 'SCRIPT' ? [copy] : below;
      scripts.forEach((script) => script.setAttribute('type', 'text/plain'));
      return copy;
    });
  }

  /** Empties what browsers without scripts would see: read without scripts it is elements, and its images would load. */
  function plain(root) {
    root.querySelectorAll('noscript').forEach((element) => element.replaceChildren());
    return root;
  }

  if (typeof document === 'undefined') {
    module.exports = { pieces, count, summary, common, fresh };
    return;
  }

  // Part 3: the page in the browser ----------------------------------------------------------------

  const tag = document.currentScript;
  const here = location.pathname;
  let source = plain(document.documentElement.cloneNode(true));
  let fixed = tag.dataset.fixed;
  let edition = tag.dataset.edition;
  let status = { hits: [] };
  let asking = null;
  let waiting = 0;

  /** Fetches the page again and patches it; where that cannot be right, reloads. */
  function refresh() {
    if (asking) asking.abort();
    // Parsed by the browser as it arrives: no string becomes HTML, so that Trusted Types have nothing to forbid.
    const request = asking = new XMLHttpRequest();
    request.open('GET', location.pathname + location.search);
    request.responseType = 'document';
    request.onload = () => {
      const page = request.responseXML;
      const ours = page && page.querySelector('script[data-watchpost="preview"]');
      if (request.status === 503) return again();
      if (request.status >= 500) return look();
      try {
        if (!ours || ours.dataset.fixed !== fixed || new URL(request.responseURL).pathname !== here) {
          throw new Unpatchable('its scripts or its policy changed');
        }
        const next = plain(page.documentElement);
        patch(document.documentElement, source, next);
        source = next;
        edition = ours.dataset.edition;
        restyle(null);
        look();
      } catch (problem) {
        location.reload();
      }
    };
    request.onerror = again;
    request.send();
  }

  /** Asks once more a little later: the server was busy, or is being started anew. */
  function again() {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 500);
  }

  /** Loads stylesheets again, all of this site's or those at some paths; the old one goes when the new one is there. */
  function restyle(paths) {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')];
    const own = links.filter((link) => new URL(link.href).origin === location.origin && !link.dataset.watchpost);
    const named = own.filter((link) => paths && paths.includes(new URL(link.href).pathname));
    // A sheet that no link names may be imported by one.
    for (const link of named.length ? named : own) {
      const next = link.cloneNode();
      next.href = fresh(link.href, location.href, edition);
      link.dataset.watchpost = 'old';
      next.onload = () => link.remove();
      next.onerror = () => { next.remove(); delete link.dataset.watchpost; };
      link.after(next);
    }
  }

  /** Shows changed images again; returns whether the page uses other changed files, which only a reload brings. */
  function repaint(paths) {
    const changed = (address) => {
      const url = address && new URL(address, document.baseURI);
      const covers = (path) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/'));
      return url && url.origin === location.origin && paths.some(covers);
    };
    for (const image of document.images) {
      if (!changed(image.currentSrc)) continue;
      if (image.srcset || image.parentNode.nodeName === 'PICTURE') return true;
      image.src = fresh(image.src, document.baseURI, edition);
    }
    const others = document.querySelectorAll('script[src], video, audio, source, track, iframe, embed, object');
    return [...others].some((element) => [element.src, element.data, element.poster].some(changed));
  }

  /** Asks what the engine knows of this page, and shows it. */
  function look(then) {
    const before = heard;
    fetch('/__blog/status?page=' + encodeURIComponent(here), { cache: 'no-store' })
      .then((answer) => answer.json())
      .then((found) => {
        // A hit that was told meanwhile may be younger than this answer.
        if (heard !== before) return look(then);
        status = found;
        draw();
        if (then) then();
      })
      .catch(() => {});
  }

  // A browser opens six connections to a server: only pages in view, and the last that was, hold one.
  let stream = null;
  // How many hits the stream has told of.
  let heard = 0;
  const others = typeof BroadcastChannel === 'function' ? new BroadcastChannel('watchpost') : { postMessage() {} };
  others.onmessage = () => { if (document.hidden) disconnect(); };

  function disconnect() {
    if (stream) stream.close();
    stream = null;
  }

  function connect() {
    others.postMessage('here');
    if (stream && stream.readyState !== 2) return;
    stream = new EventSource('/__blog/events?page=' + encodeURIComponent(here));
    let opened = false;
    // Also after the server was started anew, and for what changed before the stream stood.
    stream.onopen = () => {
      if (opened) return refresh();
      opened = true;
      look(() => { if (String(status.edition) !== edition) refresh(); });
    };
    stream.onerror = () => { if (stream && stream.readyState === 2) { stream = null; setTimeout(connect, 2000); } };
    stream.addEventListener('change', (event) => {
      const change = JSON.parse(event.data);
      if (change.open && change.open !== here) return location.assign(change.open);
      edition = String(change.edition);
      if (change.reload) return location.reload();
      if (change.files && repaint(change.files)) return location.reload();
      if (!change.styles) return refresh();
      restyle(change.styles);
      look();
    });
    stream.addEventListener('hit', (event) => {
      const hit = JSON.parse(event.data);
      if (hit.page !== here) return;
      heard += 1;
      status.hits = (status.hits || []).concat(hit).slice(-20);
      draw();
    });
  }

  addEventListener('visibilitychange', () => { if (!document.hidden) connect(); });
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', (event) => { if (event.persisted) connect(); });

  // Part 4: what is shown --------------------------------------------------------------------------

  /** Makes an element; what is not an element becomes text. */
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === 'function') element.addEventListener(key, value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }
  const said = (text) => pieces(text).map((piece, index) => (index % 2 ? make('code', null, piece) : piece));

  const remembered = () => { try { return sessionStorage.getItem('watchpost'); } catch { return null; } };
  const remember = (value) => {
    try { sessionStorage.setItem('watchpost', value); } catch { /* It is only a comfort. */ }
  };
  const bar = make('aside', { 'aria-label': 'Preview' });
  const live = make('p', { role: 'status', class: 'unseen' });
  const overlay = make('dialog', { role: 'alertdialog', 'aria-labelledby': 'title' });
  let size = remembered() || (innerWidth < 640 ? 'small' : 'line');
  let closed = '';

  function resize(to, focus) {
    size = to;
    remember(to);
    draw();
    const next = bar.querySelector('[data-to="' + focus + '"]');
    if (next) next.focus();
  }
  const button = (text, to, focus, extra) =>
    make('button', { type: 'button', 'data-to': to, click: () => resize(to, focus), ...extra }, text);

  function draw() {
    if (!host.isConnected) return;
    const items = summary(status);
    const news = items.filter((item) => item.weight).map((item) => item.text).join(', ') || 'no problems';
    if (status.edition && live.textContent !== news) live.textContent = news;
    const bad = items.some((item) => item.weight === 'bad');
    bar.className = size + (bad ? ' bad' : '');
    const chips = items.map((item) => make('span', { class: 'chip ' + item.weight }, item.text));
    const line = make('p', null, chips.length ? chips : soft('nothing to say of this page'));
    const before = bar.querySelector('.about');
    const scroll = before ? before.scrollTop : 0;
    const active = shadow.activeElement && shadow.activeElement.dataset.to;
    if (size === 'small') {
      const first = (weight) => chips[items.findIndex((item) => item.weight === weight)];
      const what = ['Preview', first('mark'), first('bad')];
      bar.replaceChildren(button(what, 'line', 'small', { 'aria-expanded': 'false' }));
    } else {
      const open = size === 'panel';
      bar.replaceChildren(
        make('div', { class: 'strip' }, make('span', { class: 'name' }, 'Preview'), line,
          open ? button('Less', 'line', 'panel', { 'aria-expanded': 'true' })
            : button('More', 'panel', 'line', { 'aria-expanded': 'false' }),
          button('Hide', 'small', 'line')),
        open ? panel() : '');
    }
    const about = bar.querySelector('.about');
    if (about) about.scrollTop = scroll;
    const again = active && bar.querySelector('[data-to="' + active + '"]');
    if (again) again.focus();
    drawOverlay();
  }

  const soft = (...content) => make('span', { class: 'soft' }, ...content);
  const strong = (kind, word) => make('b', { class: kind }, word + ' ');
  const code = (text) => make('code', null, text);
  const at = (line) => (line ? soft(' line ' + line + ' of the page') : '');
  const place = ({ file, line, column }) => [file, line, column].filter(Boolean).join(':');
  /** Lists rows, or says in a few words that there are none. */
  const list = (rows, row, none) => (rows && rows.length
    ? make('ul', null, rows.map((entry) => make('li', null, row(entry))))
    : soft(none));

  /** Everything that is known of the page, in rows of a name and what there is to say. */
  function panel() {
    const { page, problems, links, images, guard, hits, quieted, policy } = status;
    const rows = [];
    const row = (name, ...content) => rows.push(make('dt', null, name), make('dd', null, ...content));
    row('Page', page ? [code(page.source || page.route), ' ', soft(page.kind)] : soft('nothing stands at this address'));
    for (const state of (page && page.states) || []) row(state.name, said(state.why));
    if (page && page.words) row('Length', count(page.words, 'word') + ', about ' + count(page.minutes, 'minute'));
    row('Problems', list(problems, (problem) =>
      [strong('', problem.level), said(problem.message), ' ', soft(place(problem))], 'none'));
    row('Links', list(links, (link) => [code(link.target), ' ', said(link.why), at(link.line)], 'all lead somewhere'));
    row('Images', list(images, (image) =>
      [code(image.source), ' has no ', code('alt'), at(image.line)], 'all have a text'));
    row('Guard', list(guard, (found) => [
      strong(found.verdict, found.verdict), [found.level, found.provider].filter(Boolean).join(' ') + ': ',
      said(found.message), ' ', found.fix && soft(said(found.fix)),
    ], 'nothing is guarded'));
    row('Hits', list(hits && hits.slice(-8), (hit) => [
      hit.ok ? strong('ok', 'good') : strong('drift', 'bad'), hit.provider + ': ', said(hit.what),
      [...hit.problems, ...(hit.remarks || [])].map((text) => make('div', null, said(text))),
    ], 'this page has sent none'));
    for (const quiet of quieted || []) row('Made inert', said(quiet.what), ' ', code(quiet.target), at(quiet.line));
    if (policy) row('Headers', said(policy));
    return make('div', { class: 'about', tabindex: '0', role: 'region', 'aria-label': 'About this page' },
      make('dl', null, rows),
      make('p', null, make('a', { href: '/__blog/' }, 'Everything that is hidden, and every problem')));
  }

  function drawOverlay() {
    const errors = (status.problems || []).filter((problem) => problem.level === 'error' && problem.here);
    const key = JSON.stringify(errors);
    if (!errors.length) {
      overlay.dataset.key = closed = '';
      return overlay.close();
    }
    // The preview's own pages list them already.
    if (key === closed || document.documentElement.dataset.watchpost) return;
    if (overlay.dataset.key === key && overlay.open) return;
    overlay.dataset.key = key;
    overlay.replaceChildren(
      make('h2', { id: 'title' }, count(errors.length, 'error'), ' ', make('small', null, 'the page below is older')),
      ...errors.map((problem) => make('section', null,
        make('h3', null, said(problem.message)),
        make('p', { class: 'soft' }, problem.code + '  ' + place(problem)),
        problem.frame ? make('pre', { tabindex: '0' }, problem.frame) : '',
        problem.hint && !problem.frame ? make('p', null, said(problem.hint)) : '')),
      make('p', null,
        make('button', { type: 'button', autofocus: '', click: () => overlay.close() }, 'Close'), ' ',
        make('small', null, 'or Esc; it goes by itself when this is mended')));
    if (!overlay.open) overlay.showModal();
  }
  overlay.addEventListener('close', () => { closed = overlay.dataset.key || ''; });

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES());
  const host = document.createElement('watchpost-preview');
  const shadow = host.attachShadow({ mode: 'closed' });
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(bar, live, overlay);
  if (window === window.top) {
    document.documentElement.append(host);
    draw();
  }
  connect();

  function STYLES() {
    return `
:host { all: initial !important; display: block !important; height: 34px !important; color-scheme: light dark !important; }
* { box-sizing: border-box; }
aside, dialog {
  --paper: #fcfcf9; --sheet: #f3f3ee; --ink: #191b1f; --soft: #565a61; --rule: #d8d8d0; --accent: #15497f; --bad: #a3231d; --mark: #fbefb4; --good: #13603f; --warn: #7d5200;
  font: 13px/1.5 Optima, Candara, "Noto Sans", "Source Sans Pro", "Source Sans 3", "Segoe UI", sans-serif;
  color: var(--ink); background: var(--paper); text-align: start; direction: ltr; overflow-wrap: anywhere;
}
@media (prefers-color-scheme: dark) {
  aside, dialog { --paper: #15171a; --sheet: #1d2024; --ink: #e3e1da; --soft: #a2a39f; --rule: #34383d; --accent: #9cc0ec; --bad: #f29d92; --mark: #3a3210; --good: #86cda8; --warn: #e2b866; }
}
aside { position: fixed; inset: auto 0 0 0; z-index: 2147483646; border-top: 1px solid var(--rule); }
aside.small { inset-inline-start: auto; inset-inline-end: 0; border: 1px solid var(--rule); border-width: 1px 0 0 1px; }
aside.bad { border-top: 2px solid var(--bad); }
.strip { display: flex; align-items: center; gap: 4px 12px; padding: 3px 12px; }
.strip p { flex: 1; display: flex; flex-wrap: wrap; gap: 2px 12px; margin: 0; min-width: 0; }
.name { font-style: italic; font-family: "Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, Palatino, serif; font-size: 14px; }
.chip { color: var(--soft); font-variant-numeric: lining-nums; }
.chip.mark { color: var(--ink); background: var(--mark); padding: 0 5px; }
.chip.bad { color: var(--bad); font-weight: 600; }
button { font: inherit; color: var(--ink); background: none; border: 1px solid transparent; min-height: 26px; padding: 2px 8px; cursor: pointer; }
.strip button { color: var(--accent); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .2em; }
aside.small button { display: flex; gap: 8px; align-items: center; padding: 3px 12px; min-height: 32px; }
button:hover { background: var(--sheet); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.about { max-height: min(60vh, 560px); overflow: auto; padding: 4px 12px 12px; border-top: 1px solid var(--rule); background: var(--sheet); }
dl { display: grid; grid-template-columns: 110px minmax(0, 1fr); gap: 6px 16px; margin: 6px 0; max-width: 1000px; }
dt { color: var(--soft); } dd, ul, .about p { margin: 0; padding: 0; } ul { list-style: none; } li + li { margin-top: 3px; }
code, pre { font: 12px/1.5 ui-monospace, "Cascadia Code", "Source Code Pro", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.soft, small { color: var(--soft); font-size: inherit; } .ok { color: var(--good); } .drift { color: var(--bad); } .unknown { color: var(--warn); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; }
dialog { width: min(960px, calc(100vw - 24px)); max-height: calc(100vh - 24px); margin: auto; padding: 0 20px 16px; border: 1px solid var(--bad); border-top-width: 4px; overflow: auto; font-size: 15px; }
dialog::backdrop { background: rgb(25 27 31 / .55); }
h2, h3 { font-weight: 400; line-height: 1.3; margin: 16px 0 4px; text-wrap: balance; } h2 { font-size: 20px; } h3 { font-size: 17px; }
dialog small { font-size: 13px; } dialog p { margin: 0 0 8px; } section { border-top: 1px solid var(--rule); }
pre { margin: 0 0 12px; padding: 10px 12px; overflow: auto; background: var(--sheet); font-size: 13px; overflow-wrap: normal; tab-size: 4; }
dialog button { border-color: var(--rule); padding: 4px 14px; }
@media (max-width: 640px) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: 8px; } .strip { flex-wrap: wrap; justify-content: flex-end; } .strip .name { flex: 1; } .strip p { order: 1; flex: 1 0 100%; padding-bottom: 4px; } dialog { padding: 0 12px 12px; } }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
@media print { :host { display: none !important; } }
`;
  }
})();
