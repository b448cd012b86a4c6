// Open Web Analytics: the stand-in's tracker, written for Watchpost; it speaks the protocol of
// owa.tracker.js (https://www.openwebanalytics.com) as far as a page view goes, and nothing more.
;(function() {
	'use strict'

	var settings = { site: '', title: '', type: '', server: window.owa_baseUrl || '' }

	var send = function(kind, more) {
		navigator.sendBeacon(settings.server + 'log.php?' + new URLSearchParams(Object.assign({
			owa_event_type: kind,
			owa_site_id: settings.site,
			owa_page_url: location.href,
			owa_page_title: settings.title || document.title,
			owa_page_type: settings.type,
			owa_HTTP_REFERER: document.referrer,
		}, more)))
	}

	var tracker = {
		setSiteId: function(site) { settings.site = site },
		setPageTitle: function(title) { settings.title = title },
		setPageType: function(type) { settings.type = type },
		setLoggerEndpoint: function(server) { settings.server = server },
		setCookieDomain: function() {},
		trackPageView: function() { send('base.page_request') },
		trackClicks: function() { addEventListener('click', function() { send('dom.click') }) },
		trackDomStream: function() {},
	}

	var obey = function(command) { tracker[command[0]].apply(tracker, command.slice(1)) }
	;(window.owa_cmds || []).forEach(obey)
	window.owa_cmds = { push: obey }
})();
