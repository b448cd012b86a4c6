// Google Analytics: the stand-in's tracker, written for Watchpost; it speaks the protocol of gtag.js
// (https://developers.google.com/tag-platform) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var own = document.currentScript ? document.currentScript.src : location.href
	var shared = {}
	window.google_tag_data = window.google_tag_data || {}

	var visitor = function() { return Math.floor(Math.random() * 1e9) + '.' + Math.floor(Date.now() / 1000) }

	var send = function(site, event, settings) {
		var given = Object.assign({}, shared, settings)
		var server = given.transport_url || given.server_container_url || own.split('/gtag/js')[0]
		navigator.sendBeacon(server.replace(/\/$/, '') + '/g/collect?' + new URLSearchParams({
			v: '2',
			tid: site,
			cid: visitor(),
			dl: given.page_location || location.href,
			dr: document.referrer,
			dt: given.page_title || document.title,
			sr: screen.width + 'x' + screen.height,
			en: event,
		}))
	}

	var sites = {}
	var commands = {
		js: function() {},
		config: function(site, settings) {
			sites[site] = settings || {}
			if (sites[site].send_page_view !== false) send(site, 'page_view', sites[site])
		},
		event: function(name, settings) {
			for (var site in sites) send(site, name, Object.assign({}, sites[site], settings))
		},
		set: function(settings) { Object.assign(shared, settings) },
		consent: function() {},
		get: function(site, name, callback) { if (callback) callback((sites[site] || {})[name]) },
	}

	var obey = function(entry) {
		var command = entry && commands[entry[0]]
		if (command) command.apply(null, [].slice.call(entry, 1))
	}

	var queue = window.dataLayer = window.dataLayer || []
	var push = queue.push
	queue.forEach(obey)
	queue.push = function() {
		[].forEach.call(arguments, obey)
		return push.apply(queue, arguments)
	}
})();
