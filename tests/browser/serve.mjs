// A static file server for the browser tests: one folder, one free port, nothing else.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
};

/** Serves `folder` below `base` (`/` or `/blog/`); gives its origin and a way to stop it. */
export async function serve(folder, base = '/') {
  const server = createServer(async (request, response) => {
    const answer = await find(folder, base, new URL(request.url, 'http://localhost').pathname);
    response.writeHead(answer.status, { 'content-type': answer.type });
    response.end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

async function find(folder, base, path) {
  let name = path.startsWith(base) ? path.slice(base.length) : null;
  if (name !== null) {
    name = normalize(decodeURIComponent(name));
    if (name === '.' || name.endsWith(sep)) name = join(name, 'index.html');
    if (!name.startsWith('..')) {
      const body = await readFile(join(folder, name)).catch(() => null);
      if (body) return { status: 200, type: TYPES[extname(name)] ?? 'application/octet-stream', body };
    }
  }
  const body = await readFile(join(folder, '404.html')).catch(() => 'not found');
  return { status: 404, type: TYPES['.html'], body };
}
