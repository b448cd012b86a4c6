/*!
 * Umami: the stand-in's tracker, written for Watchpost; it speaks the protocol of script.js
 * (https://umami.is) as far as a page view goes, and nothing more.
 */
(function () {
	'use strict'

	var tag = document.currentScript
	if (!tag) return

	var read = function (name) { return tag.getAttribute(name) || '' }
	var is = function (name) { return read(name) === 'true' }

	var website = read('data-website-id')
	var endpoint = (read('data-host-url') || tag.src.split('/').slice(0, -1).join('/')).replace(/\/$/, '') + '/api/send'
	var domains = read('data-domains').split(',').map(function (name) { return name.trim() }).filter(Boolean)
	var local = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname)

	var silent = function () {
		// A preview is on no host of the list.
		if (domains.length && !local && domains.indexOf(location.hostname) < 0) return true
		if (is('data-do-not-track') && navigator.doNotTrack === '1') return true
		try { return Boolean(localStorage.getItem('umami.disabled')) } catch (problem) { return false }
	}

	var address = function () {
		var url = new URL(location.href)
		if (is('data-exclude-search')) url.search = ''
		if (is('data-exclude-hash')) url.hash = ''
		return url.toString()
	}

	var send = function (payload, type) {
		if (!website || silent()) return Promise.resolve()
		var change = window[read('data-before-send')]
		if (typeof change === 'function') payload = change(type || 'event', payload)
		if (!payload) return Promise.resolve()
		return fetch(endpoint, {
			method: 'POST',
			keepalive: true,
			credentials: 'omit',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ type: type || 'event', payload: payload }),
		}).catch(function (problem) { console.error('umami: ' + problem) })
	}

	var page = function (more) {
		return Object.assign({
			website: website,
			hostname: location.hostname,
			url: address(),
			referrer: document.referrer,
			title: document.title,
			screen: screen.width + 'x' + screen.height,
			language: navigator.language,
		}, read('data-tag') ? { tag: read('data-tag') } : {}, more)
	}

	if (!window.umami) window.umami = {
		track: function (name, data) {
			if (typeof name === 'function') return send(name(page()))
			return send(typeof name === 'string' ? page({ name: name, data: data }) : page(name))
		},
		identify: function (id, data) { return send(page({ id: id, data: data }), 'identify') },
	}

	if (read('data-auto-track') !== 'false') send(page())
})();
