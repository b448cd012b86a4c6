// The stand-in's tracker for analytics of one's own, written for Watchpost: one page view, and nothing more.
;(function() {
	'use strict'

	var own = document.currentScript || document.querySelector('script[src$="tracker.js"]')
	navigator.sendBeacon(new URL('collect', own ? own.src : location.href) + '?' + new URLSearchParams({ url: location.href }))
})();
