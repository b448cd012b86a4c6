// Cloudflare Web Analytics: the stand-in's tracker, written for Watchpost; it speaks the protocol of
// beacon.min.js (https://developers.cloudflare.com/web-analytics/) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var tag = document.currentScript || document.querySelector('script[data-cf-beacon]')
	var settings = {}
	try { settings = JSON.parse(tag.getAttribute('data-cf-beacon')) || {} }
	catch (problem) { return console.error('the settings of the tag are no JSON: ' + problem) }

	var endpoint = (settings.send && settings.send.to) || new URL('cdn-cgi/rum', tag.src).href
	var send = function() {
		navigator.sendBeacon(endpoint, JSON.stringify({
			siteToken: settings.token,
			location: location.href,
			referrer: document.referrer,
			eventType: 1,
			versions: { js: 'stand-in' },
		}))
	}

	addEventListener('load', send, { once: true })
	if (settings.spa) addEventListener('popstate', send)
})();
