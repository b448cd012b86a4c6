// Holds two builds of one site against each other in a real browser, page by page at two widths: the same words, and each element
// in the same place. Exit: 0 they are the same; 1 they are not; 2 called wrongly.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { address, browserPath, documents, need, usage } from './pages.mjs';
import { serve } from './serve.mjs';

const USAGE = `usage: node same.mjs FOLDER OTHER [PAGE…] [--base PATH]

  FOLDER, OTHER   what two builds wrote
  PAGE            files below both; without any: all HTML documents of FOLDER
  --base          where the site stands: / or /blog/

Needs the npm package \`playwright-core\` and Chromium, as audit.mjs does.`;

const { chromium } = need('playwright-core', USAGE);
const words = process.argv.slice(2);
const at = words.indexOf('--base');
const base = at < 0 ? '/' : words.splice(at, 2)[1];
const [folder, other, ...pages] = words;
if (!folder || !other || words.some((word) => word.startsWith('--'))) usage('which two folders?', USAGE);
const names = pages.length > 0 ? pages : await documents(folder);

const servers = [await serve(folder, base), await serve(other, base)];
const browser = await chromium.launch({ executablePath: browserPath(USAGE), args: ['--no-sandbox', '--disable-gpu'] });
let differing = 0;
let shorter = 0;
try {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  for (const name of names) {
    const seen = [];
    for (const server of servers) seen.push(await look(context, server, name));
    if (seen[0] !== seen[1]) {
      const [one, two] = seen.map((text) => text.split('\n'));
      const line = one.findIndex((text, index) => text !== two[index]);
      console.log(`${name}: ${one[line]}\n    is elsewhere ${two[line]}`);
      differing += 1;
    }
    const [before, after] = await Promise.all([folder, other].map((root) => readFile(join(root, name))));
    shorter += before.length > after.length ? 1 : 0;
  }
} finally {
  await browser.close();
  for (const server of servers) server.stop();
}
console.log(`${names.length} pages, ${shorter} of them shorter: ${differing} differ`);
// Two copies of the same bytes would prove nothing.
process.exit(differing > 0 || shorter === 0 ? 1 : 0);

/** Returns what a page shows, a line for each element. */
async function look(context, server, name) {
  const page = await context.newPage();
  await page.route('**/*', (route) => (new URL(route.request().url()).origin === server.origin ? route.continue() : route.abort()));
  const lines = [];
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    // Anew at each width: a picture of another size comes when it likes.
    await page.goto(server.origin + address(base, name), { waitUntil: 'load' });
    // A picture that is still to come has another shape than its file.
    await page.evaluate(() => Promise.all([...document.images].map((image) => {
      image.loading = 'eager';
      return image.decode().catch(() => {});
    })));
    lines.push(...await page.evaluate(() => {
      const place = (element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x, y, width, height].map((pixels) => Math.round(pixels * 10) / 10).join(' ');
      };
      const elements = [...document.body.querySelectorAll('*')].filter((element) => !element.closest('svg, math'));
      const shown = elements.map((element) => `${element.localName}.${element.className} ${place(element)}`);
      return [...shown, ...document.body.innerText.split('\n')];
    }));
  }
  await page.close();
  return lines.join('\n').replaceAll(server.origin, '');
}
