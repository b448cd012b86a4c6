/*!
 * Matomo: the stand-in's tracker, written for Watchpost; it speaks the protocol of matomo.js as far as
 * a page view goes, and nothing more.
 */
(function () {
	'use strict'

	var settings = { url: '', site: '', title: '', customUrl: '', referrer: '', image: false, silent: false }

	var send = function (parameters) {
		if (settings.silent || !settings.url) return
		var query = new URLSearchParams(Object.assign({
			idsite: settings.site,
			rec: '1',
			url: settings.customUrl || location.href,
			urlref: settings.referrer || document.referrer,
			send_image: '0',
		}, parameters))
		var address = settings.url + (settings.url.indexOf('?') < 0 ? '?' : '&') + query
		if (settings.image) new Image().src = address
		else navigator.sendBeacon(address)
	}

	var ignore = function () {}

	var tracker = {
		setTrackerUrl: function (url) { settings.url = url },
		setSiteId: function (site) { settings.site = String(site) },
		setDocumentTitle: function (title) { settings.title = title },
		setCustomUrl: function (url) { settings.customUrl = url },
		setReferrerUrl: function (url) { settings.referrer = url },
		requireConsent: function () { settings.silent = true },
		setConsentGiven: function () { settings.silent = false },
		setDoNotTrack: function (wanted) { if (wanted && navigator.doNotTrack === '1') settings.silent = true },
		disableAlwaysUseSendBeacon: function () { settings.image = true },
		trackPageView: function (title) { send({ action_name: title || settings.title || document.title }) },
		trackEvent: function (category, action, name) {
			send({ e_c: category, e_a: action, e_n: name || '' })
		},
		disableCookies: ignore,
		requireCookieConsent: ignore,
		setCookieConsentGiven: ignore,
		disableBrowserFeatureDetection: ignore,
		disablePerformanceTracking: ignore,
		enableCrossDomainLinking: ignore,
		enableHeartBeatTimer: ignore,
		enableLinkTracking: ignore,
		setCookieDomain: ignore,
		setCookiePath: ignore,
		setDomains: ignore,
		setLinkTrackingTimer: ignore,
		setSecureCookie: ignore,
	}

	var obey = function (command) {
		var name = command[0]
		if (typeof name === 'function') return name.call(tracker)
		if (!tracker[name]) return console.error('Matomo: the stand-in knows no command ' + name)
		tracker[name].apply(tracker, command.slice(1))
	}

	// Address, site and consent come first, wherever they stand in the queue.
	var first = ['setTrackerUrl', 'setSiteId', 'requireConsent', 'disableAlwaysUseSendBeacon']
	var queue = window._paq || []
	queue.filter(function (command) { return first.indexOf(command[0]) >= 0 }).forEach(obey)
	queue.filter(function (command) { return first.indexOf(command[0]) < 0 }).forEach(obey)
	window._paq = { push: function () { Array.prototype.forEach.call(arguments, obey) } }
})();
