//! Pages of other vendors, and images that count: each incident of the zoo that is about recognising, by its row.

use super::*;
use crate::analytics::{self, PROVIDERS, Provider};
use crate::config::Analytics;

/// A page whose path the canonical link names, so that vendors who take it from there have nothing to say.
fn table(provider: &Provider) -> String {
    format!(
        "[analytics]\nprovider = \"{}\"\nendpoint = \"https://stats.example/\"\nsite = \"{}\"\n",
        provider.name, SITE
    )
}

const SITE: &str = "ABCDE";

fn settings(provider: &Provider) -> Analytics {
    Analytics { site: SITE.to_owned(), ..analytics::tests::analytics(provider.name) }
}

fn snippet(provider: &Provider) -> String {
    analytics::snippet(&settings(provider), None)
}

fn written(provider: &Provider) -> Written {
    Written::with(&table(provider))
}

fn message_of(site: &Written, code: &str) -> String {
    let report = site.report();
    let found = report.verdicts.iter().map(|judged| &judged.verdict).find(|verdict| verdict.code == code);
    found.map(|verdict| verdict.message.clone()).unwrap_or_default()
}

/// Rows 20, 23 and 24: a theme, an upgrade or a condition drops the snippet.
#[test]
fn rows_20_23_24_a_page_without_its_snippet_is_missed_whoever_the_vendor_is() {
    for provider in PROVIDERS {
        let own = snippet(provider);
        written(provider).page("index.html", &own, "").page("a/index.html", "", &own).holds();
        written(provider).page("index.html", &own, "").page("a/index.html", "", "").only("snippet/missing");
        written(provider).page("index.html", "", "").page("a/index.html", "", "").only("snippet/missing");
    }
}

/// Row 37: the snippet is http, the page https.
#[test]
fn row_37_a_snippet_over_http_is_found_whoever_the_vendor_is() {
    for provider in PROVIDERS {
        let plain = snippet(provider).replace("https://", "http://");
        let toml = table(provider).replace("https://", "http://");
        let told = Written::with(&toml).page("index.html", &plain, "").told(&Rules::ALL);
        assert!(told.contains(&"snippet/insecure"), "{}: {told:?}", provider.name);
    }
}

/// Row 40: two templates, or two plug-ins, print it.
#[test]
fn row_40_a_snippet_that_is_there_twice_is_counted_twice_whoever_the_vendor_is() {
    for provider in PROVIDERS {
        let own = snippet(provider);
        written(provider).page("index.html", &own, "").page("a/index.html", &own, &own).only("snippet/doubled");
    }
}

/// Rows 48 and 49: a consent manager's form, a quotation, a template: nothing of it runs.
#[test]
fn rows_48_49_a_snippet_that_no_browser_runs_does_not_count_whoever_the_vendor_is() {
    for provider in PROVIDERS {
        let own = snippet(provider);
        let asleep = own.replace("<script", "<script type=\"text/plain\" data-category=\"statistics\"");
        for hidden in [
            format!("<template>{own}</template>"),
            format!("<noscript>{own}</noscript>"),
            format!("<!-- {own} -->"),
            asleep.clone(),
        ] {
            written(provider).page("index.html", &own, "").page("a/index.html", "", &hidden).only("snippet/misplaced");
        }
        let quoted = format!("<pre><code>{}</code></pre>", own.replace('&', "&amp;").replace('<', "&lt;"));
        written(provider).page("index.html", &own, &quoted).holds();
        let toml = format!("{}placed = \"consent\"\n", table(provider));
        Written::with(&toml).page("index.html", &asleep, "").holds();
    }
}

/// The vendors' images for browsers without scripts.
const PIXELS: &[(&str, &str)] = &[
    ("goatcounter", "https://stats.example/count?p=/a/"),
    ("matomo", "https://stats.example/matomo.php?idsite=ABCDE&amp;rec=1"),
    ("simple-analytics", "https://queue.simpleanalyticscdn.com/noscript.gif"),
    ("fathom-lite", "https://stats.example/collect?h=https://blog.example&amp;p=/a/&amp;sid=ABCDE"),
];

#[test]
fn an_image_that_counts_beside_the_script_counts_each_visit_twice() {
    for (name, address) in PIXELS {
        let provider = analytics::find(name).unwrap();
        let (own, image) = (snippet(provider), format!("<img src=\"{address}\" alt=\"\">"));
        // Browsers load only one of the two where the image stands in a `noscript`.
        written(provider).page("a/index.html", &own, &format!("<noscript>{image}</noscript>")).holds();
        let twice = written(provider).page("index.html", &own, "").page("a/index.html", &own, &image);
        twice.only("snippet/doubled");
        assert!(message_of(&twice, "snippet/doubled").contains("an image that counts among them"), "{name}");
    }
}

#[test]
fn an_image_that_counts_alone_is_recognised_and_said_to_be_an_image() {
    for (name, address) in PIXELS {
        let provider = analytics::find(name).unwrap();
        let image = format!("<img src=\"{address}\" alt=\"\">");
        let alone = written(provider).page("index.html", &snippet(provider), "").page("a/index.html", "", &image);
        alone.only("snippet/altered");
        assert!(message_of(&alone, "snippet/altered").contains("`form`"), "{name}");
        let foreign = Written::new().page("index.html", SNIPPET, &image);
        let expected = if *name == "goatcounter" { "snippet/doubled" } else { "snippet/foreign" };
        foreign.only(expected);
    }
    // Any other image is none of ours.
    for address in ["/count?x=1", "/count.png", "https://stats.example/matomo.php?idsite=1", "/a.gif?p=/a"] {
        assert_eq!(analytics::recognise_pixel(address), None, "{address}");
    }
}

const GTM: &str = "<script async src=\"https://www.googletagmanager.com/gtm.js?id=GTM-A\"></script>";
const UNIVERSAL: &str = "<script>ga('create', 'UA-1-1', 'auto'); ga('send', 'pageview')</script>";

/// Row 18: a dead tag, three years later.
#[test]
fn row_18_a_snippet_under_a_dead_id_is_no_snippet() {
    let google = analytics::find("ga4").unwrap();
    let own = snippet(google);
    Written::new().page("index.html", &format!("{SNIPPET}{UNIVERSAL}"), "").only("snippet/dead");
    let only = written(google).page("index.html", UNIVERSAL, "");
    assert_eq!(only.told(&Rules::ALL), ["snippet/missing", "snippet/dead"]);
    assert!(message_of(&only, "snippet/dead").contains("July 2023"));
    // Left beside the live one it harms nobody.
    let beside = written(google).page("index.html", &format!("{own}{UNIVERSAL}"), "");
    beside.holds();
    assert!(message_of(&beside, "snippet/dead").contains("UA-1-1"));
    let nothing = Written::with("").page("index.html", UNIVERSAL, "");
    assert!(message_of(&nothing, "snippet/dead").contains("UA-1-1"));
}

#[test]
fn a_container_is_wanted_where_it_is_to_count_and_a_note_where_it_may() {
    let google = analytics::find("ga4").unwrap();
    let managed = || Written::with(&format!("{}placed = \"tag-manager\"\n", table(google)));
    let all = managed().page("index.html", GTM, "").page("a/index.html", GTM, "");
    assert_eq!(all.told(&Rules::ALL), ["snippet/placed-elsewhere"]);
    let some = managed().page("index.html", GTM, "").page("a/index.html", "", "");
    assert_eq!(some.told(&Rules::ALL), ["snippet/tag-manager", "snippet/placed-elsewhere"]);
    assert_eq!(some.told(&Rules::ALL.without("snippet/tag-manager")), ["snippet/placed-elsewhere"]);
    assert_eq!(managed().page("index.html", "", "").told(&Rules::ALL), ["snippet/placed-elsewhere"]);
    let both = written(google).page("index.html", &format!("{}{GTM}", snippet(google)), "");
    both.holds();
    assert!(message_of(&both, "snippet/tag-manager").contains("may add a second"));
    // Any vendor's snippet may come by the container of another.
    Written::new().page("index.html", &format!("{SNIPPET}{GTM}"), "").only("snippet/foreign");
    let by_google = Written::with(&format!("{GOATCOUNTER}placed = \"tag-manager\"\n")).page("index.html", GTM, "");
    assert_eq!(by_google.told(&Rules::ALL), ["snippet/placed-elsewhere"]);
}

/// Analytics that nobody here knows: found by the address of their script.
#[test]
fn analytics_of_ones_own_are_guarded_by_their_address() {
    let toml = "[analytics]\nprovider = \"custom\"\nsite = \"x\"\nscript = \"https://s.example/t.js\"\ncollect = \"https://c.example/h\"\n";
    let tag = "<script async src=\"https://s.example/t.js\"></script>";
    let site = || Written::with(toml).page("index.html", tag, "");
    site().page("a/index.html", "", tag).holds();
    site().page("a/index.html", "", "<script src=\"https://other.example/t.js\"></script>").only("snippet/missing");
    site().page("a/index.html", tag, tag).only("snippet/doubled");
    site().page("a/index.html", "", &format!("<noscript>{tag}</noscript>")).only("snippet/misplaced");
    site().page("a/index.html", tag, SNIPPET).only("snippet/foreign");
}

/// What pages of other generators say beyond site.toml matters where it decides what is counted.
#[test]
fn a_setting_that_decides_nothing_is_a_remark_and_one_that_does_is_drift() {
    for (provider, before, harmless, decisive) in [
        (
            "ga4",
            "{\"transport_url\"",
            "{\"anonymize_ip\":true,\"send_page_view\":true,\"transport_url\"",
            "{\"send_page_view\":false,\"transport_url\"",
        ),
        ("umami", "<script defer", "<script defer data-exclude-hash=true", "<script defer data-auto-track=false"),
        (
            "goatcounter",
            "<script ",
            "<script data-goatcounter-settings='{\"title\":\"x\"}' ",
            "<script data-goatcounter-settings='{\"no_onload\":true}' ",
        ),
        ("fathom", "<script ", "<script data-spa=auto ", "<script data-auto=false "),
        ("simple-analytics", "<script ", "<script data-mode=hash ", "<script data-auto-collect=false "),
    ] {
        let provider = analytics::find(provider).unwrap();
        let own = snippet(provider);
        let with = |text: &str| written(provider).page("index.html", &own.replacen(before, text, 1), "");
        assert!(own.contains(before), "{own}");
        let site = with(harmless);
        site.holds();
        let report = site.report();
        let remarks = report.verdicts.iter().map(|judged| &judged.verdict);
        let remarks: Vec<_> =
            remarks.filter(|said| said.code == "snippet/altered" && said.outcome == Outcome::Note).collect();
        assert_eq!(remarks.len(), 1, "{}: {remarks:?}", provider.name);
        assert_eq!(report.coverage[0].found, 1, "{}", provider.name);
        with(decisive).only("snippet/altered");
    }
    let matomo = analytics::find("matomo").unwrap();
    let before = "_paq.push([\"trackPageView\"";
    let with = |text: &str| {
        let own = snippet(matomo);
        assert!(own.contains(before), "{own}");
        written(matomo).page("index.html", &own.replacen(before, &format!("{text};{before}"), 1), "")
    };
    with("_paq.push([\"disableBrowserFeatureDetection\"])").holds();
    with("_paq.push([\"requireConsent\"])").only("snippet/altered");
}

/// An option that site.toml sets has to stand on the page, whatever it does.
#[test]
fn an_option_of_site_toml_that_a_page_lacks_is_drift() {
    let umami = analytics::find("umami").unwrap();
    let toml = format!("{}[analytics.options]\ndata-exclude-hash = true\n", table(umami));
    Written::with(&toml).page("index.html", &snippet(umami), "").only("snippet/altered");
}
