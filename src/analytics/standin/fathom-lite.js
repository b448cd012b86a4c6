// Fathom Lite: the stand-in's tracker, written for Watchpost; it speaks the protocol of tracker.js
// (https://github.com/usefathom/fathom) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var settings = { siteId: '', trackerUrl: '' }
	var queue = (window.fathom && window.fathom.q) || []

	// The address of the server is that of the tracker's own element.
	var endpoint = function() {
		var tag = document.getElementById('fathom-script')
		return settings.trackerUrl || (tag ? tag.src.replace('tracker.js', 'collect') : '')
	}

	// The canonical address decides, on whichever host it is.
	var here = function() {
		var link = document.querySelector('link[rel="canonical"][href]')
		return new URL(link ? link.href : location.href, location.href)
	}

	var commands = {
		set: function(name, value) { settings[name] = value },
		setTrackerUrl: function(url) { settings.trackerUrl = url },
		trackPageview: function(given) {
			given = given || {}
			var page = here()
			var hit = document.createElement('img')
			hit.alt = ''
			hit.style.display = 'none'
			hit.src = endpoint() + '?' + new URLSearchParams({
				h: given.hostname || (page.protocol + '//' + page.hostname),
				p: given.path || (page.pathname + page.search) || '/',
				r: document.referrer.indexOf(location.hostname) < 0 ? document.referrer : '',
				sid: settings.siteId,
			})
			document.documentElement.appendChild(hit)
		},
	}

	window.fathom = function(name) { commands[name].apply(null, [].slice.call(arguments, 1)) }
	queue.forEach(function(command) { window.fathom.apply(null, command) })
})();
