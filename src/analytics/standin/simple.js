// Simple Analytics: the stand-in's tracker, written for Watchpost; it speaks the protocol of latest.js
// (https://docs.simpleanalytics.com) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var tag = document.currentScript || document.querySelector('script[src*="latest.js"]')
	var setting = function(name) { return tag.getAttribute('data-' + name) || '' }
	var list = function(name) { return setting(name).split(',').filter(Boolean) }
	var known = ['hostname', 'collect-dnt', 'mode', 'auto-collect', 'ignore-pages', 'ignore-metrics', 'strict-utm', 'allow-params']
	var settings = {}
	known.forEach(function(name) { settings[name] = setting(name) })

	var send = function(path) {
		if (navigator.doNotTrack === '1' && settings['collect-dnt'] !== 'true') return
		if (list('ignore-pages').indexOf(path) >= 0) return
		new Image().src = new URL('simple.gif', tag.src) + '?' + new URLSearchParams({
			type: 'pageview',
			hostname: settings.hostname || location.hostname,
			path: path,
			referrer: document.referrer,
			version: 'stand-in',
		})
	}

	window.sa_pageview = send
	var hash = settings.mode === 'hash' ? location.hash : ''
	if (settings['auto-collect'] !== 'false') send(location.pathname + hash)
})();
