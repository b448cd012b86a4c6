// GoatCounter: the stand-in's tracker, written for Watchpost; it speaks the protocol of count.js
// (https://www.goatcounter.com) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var counter = window.goatcounter = window.goatcounter || {}
	var tag = document.querySelector('script[data-goatcounter]')

	if (tag && tag.dataset.goatcounterSettings) {
		try {
			var settings = JSON.parse(tag.dataset.goatcounterSettings)
			for (var name in settings) counter[name] = settings[name]
		}
		catch (problem) { console.error('the settings of the tag are no JSON: ' + problem) }
	}

	// The path is the canonical one, if that is on this host.
	var path = function() {
		var link = document.querySelector('link[rel="canonical"][href]')
		var address = new URL(link ? link.href : location.href, location.href)
		if (address.hostname !== location.hostname) address = location
		return (address.pathname + address.search) || '/'
	}

	counter.count = function(options) {
		options = options || {}
		var endpoint = (tag && tag.dataset.goatcounter) || counter.endpoint
		if (!endpoint) return console.warn('goatcounter: no endpoint')
		var query = new URLSearchParams({
			p: options.path || counter.path || path(),
			t: options.title || counter.title || document.title,
			r: options.referrer || counter.referrer || document.referrer,
			s: String(screen.width),
			b: navigator.webdriver ? '153' : '0',
		})
		if (options.event || counter.event) query.set('e', 'true')
		navigator.sendBeacon(endpoint + '?' + query)
	}

	if (!counter.no_onload) counter.count()
})();
