/*!
 * Shynet: the stand-in's tracker, written for Watchpost; it speaks the protocol of the ingress script
 * (https://github.com/milesmcc/shynet) as far as a page view goes, and nothing more.
 */
var Shynet = {
	idempotency: null,
	sendHeartbeat: function () {
		var request = new XMLHttpRequest()
		// The server writes the script's own address in here.
		request.open('POST', 'https://stand-in.invalid/', true)
		request.setRequestHeader('Content-Type', 'application/json')
		request.send(JSON.stringify({
			idempotency: Shynet.idempotency,
			referrer: document.referrer,
			location: window.location.href,
			loadTime: Math.round(performance.now()),
		}))
	},
	newPageLoad: function () {
		Shynet.idempotency = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2)
		Shynet.sendHeartbeat()
	},
}

if (document.readyState === 'complete') Shynet.newPageLoad()
else window.addEventListener('load', Shynet.newPageLoad)
