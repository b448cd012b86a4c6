// Fathom: the stand-in's tracker, written for Watchpost; it speaks the protocol of script.js
// (https://usefathom.com) as far as a page view goes, and nothing more.
window.fathom = (function() {
	'use strict'

	var tag = document.currentScript || document.querySelector('script[data-site]')
	var setting = function(name) { return tag.getAttribute(name) || '' }
	var hosts = function(name) { return setting(name).split(',').filter(Boolean) }

	var counts = function() {
		if (setting('data-honor-dnt') === 'true' && navigator.doNotTrack === '1') return false
		var included = hosts('data-included-domains')
		if (included.length && included.indexOf(location.hostname) < 0) return false
		return hosts('data-excluded-domains').indexOf(location.hostname) < 0
	}

	var here = function() {
		var link = document.querySelector('link[rel="canonical"][href]')
		return link && setting('data-canonical') !== 'false' ? new URL(link.href) : location
	}

	var fathom = {
		siteId: setting('data-site'),
		trackPageview: function(given) {
			if (!counts()) return
			var page = given && given.url ? new URL(given.url, location.href) : here()
			var hit = document.createElement('img')
			hit.alt = ''
			hit.src = new URL('.', tag.src) + '?' + new URLSearchParams({
				h: page.protocol + '//' + page.hostname,
				p: page.pathname || '/',
				r: document.referrer,
				sid: fathom.siteId,
			})
		},
	}

	if (setting('data-auto') !== 'false') setTimeout(function() { fathom.trackPageview() })
	if (setting('data-spa') === 'hash') addEventListener('hashchange', function() { fathom.trackPageview() })
	else if (setting('data-spa')) addEventListener('popstate', function() { fathom.trackPageview() })
	return fathom
})();
