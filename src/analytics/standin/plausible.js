/*!
 * Plausible: the stand-in's tracker, written for Watchpost; it speaks the protocol of script.js and of pa-….js
 * (https://plausible.io) as far as a page view goes, and nothing more.
 */
(function () {
	'use strict'

	// The server writes the site in here, as it does into pa-….js; a tag with `data-domain` says it itself.
	var config = { endpoint: '/api/event', domain: 'stand-in.invalid' }
	var tag = document.currentScript
	var attribute = function (name) { return (tag && tag.getAttribute(name)) || '' }
	var flags = ['hashBasedRouting', 'captureOnLocalhost', 'outboundLinks', 'fileDownloads', 'formSubmissions', 'logging']

	var among = function (list) {
		return list.split(',').some(function (pattern) {
			var words = pattern.trim().replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*\*/g, '.*').replace(/(^|[^.])\*/g, '$1[^/]*')
			return new RegExp('^' + words + '/?$').test(location.pathname)
		})
	}

	var track = function (name, options) {
		options = options || {}
		if (name === 'pageview') {
			var include = attribute('data-include'), exclude = attribute('data-exclude')
			if ((include && !among(include)) || (exclude && among(exclude))) return
		}
		try { if (localStorage.plausible_ignore === 'true') return } catch (problem) { /* no storage, no wish */ }
		return fetch(config.endpoint, {
			method: 'POST',
			keepalive: true,
			headers: { 'Content-Type': 'text/plain' },
			body: JSON.stringify({
				n: name,
				u: options.url || options.u || location.href,
				d: config.domain,
				r: document.referrer || null,
				p: options.props,
			}),
		}).catch(function (problem) { console.error('plausible: ' + problem) })
	}

	var started = false
	var init = function (options) {
		if (started) return
		started = true
		for (var name in options) {
			if (name === 'endpoint' || name === 'autoCapturePageviews' || flags.indexOf(name) >= 0) config[name] = options[name]
		}
		var queue = (window.plausible && window.plausible.q) || []
		window.plausible = track
		window.plausible.init = init
		window.plausible.l = true
		for (var at = 0; at < queue.length; at++) track.apply(null, queue[at])
		if (config.autoCapturePageviews !== false) track('pageview')
	}

	if (attribute('data-domain')) {
		config.domain = attribute('data-domain')
		config.endpoint = attribute('data-api') || new URL(tag.src).origin + '/api/event'
		init({})
	} else {
		window.plausible = window.plausible || {}
		if (window.plausible.o) init(window.plausible.o)
		window.plausible.init = init
	}
})();
