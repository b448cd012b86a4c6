// The box of the search: opens a dialog, asks Pagefind's index, and lists what was found. `/` or Control+K opens it, the
// arrows go through the results, Escape closes it. Without this script there is no button, and nothing else is missing.

const dialog = document.querySelector('dialog.search');
const words = dialog.querySelector('input');
const status = dialog.querySelector('.search-status');
const list = dialog.querySelector('.search-results');
const { index, base, found, none, missing } = dialog.dataset;
const SHOWN = 8;

/** Pagefind, loaded when it is first wanted; undefined where there is no index. */
let pagefind;
async function load() {
  pagefind ??= import(new URL('pagefind.js', new URL(index, location.href)).href).then(async (module) => {
    await module.options?.({ baseUrl: base, excerptLength: 24 });
    return module;
  });
  return pagefind;
}

function open() {
  if (dialog.open) return;
  dialog.showModal();
  words.select();
  load().catch(() => {});
}

/** Puts text with `<mark>`s into an element; anything else that stands in it is text. */
function mark(element, html) {
  for (const node of new DOMParser().parseFromString(html, 'text/html').body.childNodes) {
    const piece = node.nodeName === 'MARK' ? document.createElement('mark') : document.createTextNode(node.textContent);
    if (node.nodeName === 'MARK') piece.textContent = node.textContent;
    element.append(piece);
  }
}

function entry({ url, meta, excerpt }) {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = url;
  link.textContent = meta.title ?? url;
  const text = document.createElement('p');
  mark(text, excerpt);
  item.append(link, text);
  return item;
}

let asked = 0;
async function search() {
  const turn = ++asked;
  const query = words.value.trim();
  if (!query) {
    list.replaceChildren();
    status.textContent = '';
    return;
  }
  let items = [];
  let said;
  try {
    const module = await load();
    const { results } = await module.search(query);
    items = (await Promise.all(results.slice(0, SHOWN).map((result) => result.data()))).map(entry);
    said = results.length ? found.replace('{count}', results.length) : none;
  } catch {
    // The preview says why there is no index; a server that lacks it says nothing that readers could use.
    const module = await load().catch(() => undefined);
    said = module?.unavailable ?? missing;
    if (!module) pagefind = undefined;
  }
  // Whoever types on has asked again.
  if (turn !== asked) return;
  list.replaceChildren(...items);
  status.textContent = said;
}

let pause;
words.addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(search, 120);
});

dialog.addEventListener('keydown', (event) => {
  const stops = [words, ...list.querySelectorAll('a')];
  const here = stops.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Escape') {
    // In a search field the first Escape would only empty it.
    event.preventDefault();
    dialog.close();
  } else if (step && here >= 0) {
    event.preventDefault();
    stops[(here + step + stops.length) % stops.length].focus();
  } else if (event.key === 'Enter' && document.activeElement === words) {
    event.preventDefault();
    stops[1]?.click();
  }
});

// A click beside the box closes it; one that begins in it, as when text is marked, does not.
dialog.addEventListener('pointerdown', (event) => {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});
dialog.querySelector('.search-close').addEventListener('click', () => dialog.close());

for (const button of document.querySelectorAll('.search-open')) button.addEventListener('click', open);

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !typing;
  const chord = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!slash && !chord) return;
  event.preventDefault();
  open();
});
