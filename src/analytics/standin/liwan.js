/*!
 * Liwan: the stand-in's tracker, written for Watchpost; it speaks the protocol of script.js
 * (https://liwan.dev) as far as a page view goes, and nothing more.
 */
const tag = document.querySelector(`script[src^="${import.meta.url}"]`)
const entity = tag && tag.getAttribute('data-entity')
const endpoint = tag && (tag.getAttribute('data-api') || new URL(tag.src).origin + '/api/event')

export const event = async (name = 'pageview', options = {}) => {
	if (!endpoint) return console.info('[liwan]: no endpoint')
	try { if (localStorage.getItem('disable-liwan')) return } catch (problem) { /* no storage, no wish */ }
	return fetch(endpoint, {
		method: 'POST',
		keepalive: true,
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({
			entity_id: options.entity || entity,
			name,
			url: options.url || location.origin + location.pathname,
			referrer: options.referrer || document.referrer,
		}),
	}).catch(problem => console.error('[liwan]: ' + problem))
}

if (tag && !window.__liwan_loaded) {
	window.__liwan_loaded = true
	event('pageview')
}
