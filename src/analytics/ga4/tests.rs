//! Holds Google's row against snippets of the wild and constructed answers: nothing of Google was recorded.

use super::*;
use crate::analytics::exchange::{Control, Finding, Reply, Step};
use crate::analytics::tests::{analytics, tags};
use crate::analytics::{Analytics, Sighting, recognise, recognise_pixel, snippet, target};
use crate::paths::BaseUrl;

fn seen(html: &str) -> Vec<Sighting> {
    recognise(&tags(html))
}

fn only(html: &str) -> Sighting {
    let found = seen(html);
    assert_eq!(found.len(), 1, "{html}: {found:?}");
    found.into_iter().next().unwrap()
}

fn home() -> Analytics {
    let endpoint = crate::config::Endpoint::Server(Url::parse(HOME).unwrap());
    Analytics { endpoint, site: "G-ABC1234567".to_owned(), ..analytics("ga4") }
}

#[test]
fn the_tag_is_recognised_in_its_variants() {
    let published = only(include_str!("../fixtures/ga4.html"));
    assert_eq!((published.style, published.site.as_deref()), ("queue", Some("G-ABCDE12345")));
    assert_eq!(published.collect.as_deref(), Some("https://www.google-analytics.com/g/collect"));
    assert_eq!(
        (published.commands.as_slice(), published.is_derived),
        (&["js".to_owned(), "config".to_owned()][..], true)
    );
    for html in [
        // Minified, other order, window written out, put in by a script.
        "<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag('js',new Date),gtag('config','G-A')</script><script async src='https://www.googletagmanager.com/gtag/js?id=G-A'></script>",
        "<script>window.gtag('js',new Date());window.gtag('config','G-A')</script><script async src=//www.googletagmanager.com/gtag/js?id=G-A></script>",
        "<script>var s=document.createElement('script');s.src='https://www.googletagmanager.com/gtag/js?id=G-A';gtag('js',new Date());gtag('config','G-A')</script>",
        "<script>const ID='G-A';s.src=`https://www.googletagmanager.com/gtag/js?id=${ID}`;gtag('config',ID)</script>",
    ] {
        let found = only(html);
        assert_eq!(found.site.as_deref(), Some("G-A"), "{html}");
        assert!(found.script.unwrap().ends_with("www.googletagmanager.com/gtag/js?id=G-A"), "{html}");
    }
    let own = only(
        "<script async src=https://t.blog.example/gtag/js?id=G-A></script><script>gtag('config','G-A',{server_container_url:'https://t.blog.example',debug_mode:true})</script>",
    );
    assert_eq!(own.collect.as_deref(), Some("https://t.blog.example/g/collect"));
    assert_eq!((own.is_derived, own.parameters["debug_mode"].as_str(), own.parameters.len()), (false, "true", 1));
    let bare = only("<script async src='https://www.googletagmanager.com/gtag/js?id=G-A'></script>");
    assert_eq!((bare.style, bare.site), ("bare", None));
    let asleep = only(
        "<script type=text/plain src='https://www.googletagmanager.com/gtag/js?id=G-A'></script><script type=text/plain>gtag('config','G-A')</script>",
    );
    assert_eq!((asleep.style, asleep.site.as_deref()), ("inert", Some("G-A")));
    assert_eq!(
        seen("<script src=/gtag/js></script><script>dataLayer.push({event:'x'});gtag('event','x')</script>"),
        []
    );
}

#[test]
fn each_property_of_a_snippet_is_one_sighting_with_its_own_script() {
    let found = seen(
        "<script async src='https://www.googletagmanager.com/gtag/js?id=G-A'></script><script>gtag('js',new Date());gtag('config','G-A');gtag('config','G-B')</script>",
    );
    let sites: Vec<_> = found.iter().map(|sighting| (sighting.site.as_deref(), sighting.script.as_deref())).collect();
    assert_eq!(
        sites,
        [
            (Some("G-A"), Some("https://www.googletagmanager.com/gtag/js?id=G-A")),
            (Some("G-B"), Some("https://www.googletagmanager.com/gtag/js?id=G-B"))
        ]
    );
}

#[test]
fn a_container_of_the_tag_manager_is_known_for_what_it_is() {
    let container = only(
        "<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);})(window,document,'script','dataLayer','GTM-ABC12');</script>",
    );
    assert_eq!((container.provider, container.style, container.site), ("ga4", "tag-manager", None));
    assert!(container.script.unwrap().starts_with("https://www.googletagmanager.com/gtm.js?id=GTM-ABC12"));
    assert_eq!(
        only("<script async src='https://www.googletagmanager.com/gtm.js?id=GTM-A'></script>").style,
        "tag-manager"
    );
}

/// Zoo row 18: the tags of Universal Analytics and before, which still load.
#[test]
fn row_18_the_dead_snippets_are_recognised_and_said_to_be_dead() {
    for (style, html) in [
        (
            "analytics.js",
            "<script>(function(i,s,o,g,r,a,m){i['GoogleAnalyticsObject']=r;i[r]=i[r]||function(){(i[r].q=i[r].q||[]).push(arguments)},i[r].l=1*new Date();a=s.createElement(o),m=s.getElementsByTagName(o)[0];a.async=1;a.src=g;m.parentNode.insertBefore(a,m)})(window,document,'script','https://www.google-analytics.com/analytics.js','ga');ga('create','UA-1-1','auto');ga('send','pageview');</script>",
        ),
        ("analytics.js", "<script>ga('create',{trackingId:'UA-1-1',cookieDomain:'auto'})</script>"),
        (
            "ga.js",
            "<script>var _gaq=_gaq||[];_gaq.push(['_setAccount','UA-1-1']);_gaq.push(['_trackPageview']);</script>",
        ),
        ("ga.js", "<script>var _gaq=[['_setAccount','UA-1-1'],['_trackPageview']];</script>"),
        ("ga.js", "<script>var t=_gat._getTracker('UA-1-1');t._trackPageview();</script>"),
        (
            "urchin.js",
            "<script src=http://www.google-analytics.com/urchin.js></script><script>_uacct='UA-1-1';urchinTracker();</script>",
        ),
        (
            "queue",
            "<script async src='https://www.googletagmanager.com/gtag/js?id=UA-1-1'></script><script>gtag('js',new Date());gtag('config','UA-1-1')</script>",
        ),
    ] {
        let found = only(html);
        assert_eq!((found.style, found.site.as_deref()), (style, Some("UA-1-1")), "{html}");
        assert!(found.dead().unwrap().contains("switched off"), "{html}");
    }
    assert_eq!(only(include_str!("../fixtures/ga4.html")).dead(), None);
    let refused = crate::analytics::problems(&Analytics { site: "UA-1-1".to_owned(), ..analytics("ga4") });
    assert!(refused.len() == 1 && refused[0].starts_with("the site `UA-1-1` cannot be: "), "{refused:?}");
    let container = crate::analytics::problems(&Analytics { site: "GTM-A".to_owned(), ..analytics("ga4") });
    assert!(container[0].contains("placed = \"tag-manager\""), "{container:?}");
    let pixel = recognise_pixel("https://www.google-analytics.com/collect?v=1&tid=UA-1-1&t=pageview").unwrap();
    assert!(pixel.style == "pixel" && pixel.dead().is_some());
}

#[test]
fn at_home_the_script_and_the_hits_have_hosts_of_their_own() {
    let html = snippet(&home(), None);
    assert!(
        !html.contains("transport_url") && html.contains("https://www.googletagmanager.com/gtag/js?id=G-ABC1234567")
    );
    let base = BaseUrl::parse("https://blog.example/").unwrap();
    let target = target(&home(), &base).unwrap();
    assert_eq!(target.collect.as_str(), "https://www.google-analytics.com/g/collect");
    let hosts: Vec<_> = collects(&target).iter().filter_map(|url| url.host_str().map(str::to_owned)).collect();
    assert_eq!(hosts, ["region1.google-analytics.com", "region1.analytics.google.com"]);
    let found = recognise(&tags(&html));
    assert_eq!(found[0].collect.as_deref(), Some(target.collect.as_str()));
    let own = snippet(&analytics("ga4"), None);
    assert!(own.contains("\"transport_url\":\"https://stats.example\""), "{own}");
}

/// Constructed after two issue threads: a refused id is 404, an id that nobody has gets a smaller script.
#[test]
fn the_probe_tells_the_script_of_a_property_from_that_of_nobody() {
    let base = BaseUrl::parse("https://blog.example/").unwrap();
    let target = target(&home(), &base).unwrap();
    let reply = |status: u16, id: &str, size: usize| Reply {
        status,
        body: format!("var id='{id}';{}", " ".repeat(size)).into_bytes(),
        ..Reply::default()
    };
    let next = |replies: &[Reply]| (PROVIDER.probe.next)(&target, replies);
    let own = || reply(200, "G-ABC1234567", 5_200);
    let Step::Ask(first) = next(&[]) else { panic!() };
    assert_eq!(first.url.as_str(), "https://www.googletagmanager.com/gtag/js?id=G-ABC1234567");
    let Step::Ask(control) = next(&[own()]) else { panic!() };
    assert_eq!(control.url.query(), Some("id=G-0000000000"));
    let told = |control: Reply| match next(&[own(), control]) {
        Step::Done(Finding::Known { control, .. }) => Some(control),
        Step::Done(Finding::Indistinguishable { .. }) => None,
        other => panic!("{other:?}"),
    };
    assert!(matches!(told(reply(404, "", 0)), Some(Control::Told(_))));
    assert!(matches!(told(reply(200, "G-0000000000", 4_130)), Some(Control::Told(_))));
    assert_eq!(told(reply(200, "G-0000000000", 5_190)), None);
    assert_eq!(told(reply(503, "", 0)), Some(Control::Indistinguishable));
    assert!(matches!(next(&[reply(404, "", 0)]), Step::Done(Finding::Broken { kind: "unknown-site", .. })));
    assert!(matches!(next(&[reply(200, "G-OTHER", 0)]), Step::Done(Finding::Broken { kind: "other-site", .. })));
    assert_eq!(next(&[reply(429, "", 0)]), Step::Done(Finding::Unclassified));
}

#[test]
fn a_hit_is_held_against_the_protocol() {
    let base = BaseUrl::parse("https://blog.example/").unwrap();
    let target = target(&home(), &base).unwrap();
    let request = |query: &str, body: &str| {
        let url = Url::parse(&format!("{}?{query}", target.collect)).unwrap();
        crate::analytics::exchange::Request { body: body.to_owned(), ..crate::analytics::exchange::Request::get(url) }
    };
    let hits = |query: &str| (PROVIDER.stand_in.hits)(&request(query, ""), &target);
    let good = "v=2&tid=G-ABC1234567&cid=1.2&dl=https%3A%2F%2Fblog.example%2Fa%2F&en=page_view";
    assert_eq!((hits(good)[0].what.as_str(), hits(good)[0].problems.len()), ("page view of `/a/`", 0));
    let several = "en=page_view\r\nen=scroll\r\n";
    let batch = (PROVIDER.stand_in.hits)(&request(&good.replace("&en=page_view", ""), several), &target);
    assert_eq!(batch.iter().filter(|hit| hit.problems.is_empty()).count(), 2);
    for (change, word) in [
        (("v=2", "v=1"), "`v`"),
        (("tid=G-ABC1234567", "tid=G-X"), "another property"),
        (("tid=G-ABC1234567&", ""), "`tid`"),
        (("cid=1.2&", ""), "`cid`"),
        (("blog.example", "other.example"), "not on this site"),
        (("&en=page_view", ""), "`en`"),
    ] {
        let problems = &hits(&good.replace(change.0, change.1))[0].problems;
        assert!(problems.len() == 1 && problems[0].contains(word), "{word}: {problems:?}");
    }
}
