//! The site's own rules: secrets, digests, links, ids, feeds, sitemaps.

use super::*;

#[test]
fn a_token_in_a_written_file_is_an_error_and_never_printed() {
    let analytics = format!("{GOATCOUNTER}token_env = \"STATS_TOKEN\"\n");
    let token = "sEcret/T0ken&x";
    for (path, body) in [
        ("a/index.html", format!("<!doctype html><title>a</title>{SNIPPET}<p>{token}")),
        ("app.js", format!("fetch(\"/x?t={token}\")")),
        ("data.json", "{\"t\": \"sEcret%2FT0ken%26x\"}".to_owned()),
        ("b.html", "<p>sEcret/T0ken&amp;x".to_owned()),
        ("big.bin", format!("{}{token}", "x".repeat((1 << 20) - 5))),
    ] {
        let mut site = Written::with(&analytics).page("index.html", SNIPPET, "").file(path, &body);
        site.token = Some(token.to_owned());
        site.only("secrets/in-output");
        let report = site.report();
        assert_eq!(report.exit(), Exit::Site);
        let all =
            format!("{:?}{}{}", report, report.json(), report.human(report::Look { columns: 100, coloured: false }));
        assert!(!all.contains("sEcret"), "the token is printed");
        assert!(all.contains("STATS_TOKEN"));
    }
}

#[test]
fn files_that_are_not_what_was_written_are_told() {
    let site = || {
        Written::new()
            .ours()
            .page("index.html", SNIPPET, "")
            .entry("a.txt", "one", |entry| entry.kind = FileKind::Asset)
    };
    site().holds();
    site().file("a.txt", "two").only("output/altered");
    let gone = site();
    fs::remove_file(gone.folder.path().join("a.txt")).unwrap();
    gone.only("output/altered");
    let foreign = site().file("b.txt", "x").file(".well-known/watchpost.json", "{}");
    let notes: Vec<_> =
        foreign.report().findings.iter().map(|finding| (finding.code, finding.message.clone())).collect();
    assert_eq!(notes, [("output/foreign", "`b.txt` was not written by the last build".to_owned())]);
    assert!(foreign.judge(&Rules::ALL.without("output/foreign")).findings.is_empty());
}

#[test]
fn links_that_lead_nowhere_are_told_once_with_what_was_meant() {
    let site =
        Written::new().page("index.html", SNIPPET, "<a href=/Abuot/>x</a>").page("about/index.html", SNIPPET, "");
    site.only("link/broken-page");
    let site = Written::new().page("index.html", SNIPPET, "<a href=\"/About/\">x</a>\n<img src=/x.png alt=x>").page(
        "about/index.html",
        SNIPPET,
        "<a href=\"../About/\">x</a><a href=/stats/nothing>",
    );
    let report = site.report();
    let findings: Vec<_> =
        report.findings.iter().map(|finding| (finding.message.as_str(), finding.hint.as_deref())).collect();
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings[0].0.starts_with("`/About/` is linked to") && findings[0].1.unwrap().contains("upper from lower"));
    assert_eq!(report.findings[0].notes, ["also on index.html:1"]);
    assert_eq!(report.exit(), Exit::Site);
}

#[test]
fn fragments_that_name_nothing_are_told() {
    let about = ("about/index.html", "<h2 id=\"über\">x</h2><a name=old></a>");
    let site = |link: &str| Written::new().page("index.html", SNIPPET, link).page(about.0, SNIPPET, about.1);
    for good in
        ["<a href=/about/#%C3%BCber>", "<a href=/about/#old>", "<a href=#>", "<a href=#top>", "<p id=x><a href=#x>"]
    {
        site(good).holds();
    }
    site("<a href=/about/#ueber>").only("link/broken-fragment");
    site("<a href=#nothing>").only("link/broken-fragment");
}

#[test]
fn an_id_on_two_elements_is_told_as_a_warning_whose_weight_can_be_set() {
    let site = Written::new().page("index.html", SNIPPET, "<p id=a><p id=a>");
    site.only("page/repeated-id");
    assert_eq!(site.report().exit(), Exit::Success);
    let weighed = |level: &str| {
        let toml = format!("{GOATCOUNTER}[check]\nlevels = {{ \"page/repeated-id\" = \"{level}\" }}\n");
        Written::with(&toml).page("index.html", SNIPPET, "<p id=a><p id=a>").report()
    };
    assert_eq!(weighed("error").exit(), Exit::Site);
    assert!(weighed("off").findings.is_empty());
}

const FEED: &str = "[[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"\nlimit = 1\n";

fn feed(items: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>t</title><link>https://blog.example/</link><description>d</description>{items}</channel></rss>"
    )
}

fn item(id: &str, date: &str, link: &str, text: &str) -> String {
    format!(
        "<item><title>One</title>{id}<pubDate>{date}</pubDate><link>{link}</link><description>{text}</description></item>"
    )
}

#[test]
fn what_feed_readers_trip_over_is_told_by_the_rule_for_it() {
    const DATE: &str = "Thu, 01 Jan 2026 10:00:00 +0000";
    const HOME: &str = "https://blog.example/";
    let id = |id: &str| format!("<guid isPermaLink=\"false\">{id}</guid>");
    let site = |text: &str| {
        Written::with(&format!("{FEED}{GOATCOUNTER}")).page("index.html", SNIPPET, "").file("feed.xml", text)
    };
    site(&feed(&item(&id("a"), DATE, HOME, "x"))).holds();
    site("not a feed").only("feed/unreadable");
    site(&feed(&[item(&id("a"), DATE, HOME, "x"), item(&id("b"), DATE, HOME, "x")].concat())).only("feed/count");
    site(&feed(&item("", DATE, HOME, "x"))).only("feed/id");
    site(&feed(&item(&id("a"), "soon", HOME, "x"))).only("feed/date");
    site(&feed(&item(&id("a"), DATE, HOME, "&lt;img src=\"/x.png\"&gt;"))).only("feed/relative");
    site(&feed(&item(&id("a"), DATE, "https://blog.example/gone/", "x"))).only("feed/link");
    let twice = [item(&id("a"), DATE, HOME, "x"), item(&id("a"), DATE, HOME, "x")].concat();
    let double = Written::with(&format!("{}{GOATCOUNTER}", FEED.replace("limit = 1", "limit = 9")));
    double.page("index.html", SNIPPET, "").file("feed.xml", &feed(&twice)).only("feed/id");
    let none = Written::with(&format!("{FEED}{GOATCOUNTER}")).ours().page("index.html", SNIPPET, "");
    none.only("feed/count");
}

#[test]
fn a_sitemap_that_names_no_page_is_told() {
    let map = |path: &str| format!("<urlset><url><loc>https://blog.example/{path}</loc></url></urlset>");
    let site = |path: &str| Written::new().page("index.html", SNIPPET, "").file("sitemap.xml", &map(path));
    site("").holds();
    site("gone/").only("sitemap/broken");
}

#[test]
fn what_is_wrong_with_a_page_by_itself_is_told_by_its_rule_alone() {
    let whole =
        |head: &str, body: &str| format!("<!doctype html><html><head>{SNIPPET}{head}</head><body>{body}</body>");
    for (head, body, code) in [
        ("", "<h1>a</h1>", "page/title"),
        ("<title> </title>", "<h1>a</h1>", "page/title"),
        ("<title>a</title><title>b</title>", "<h1>a</h1>", "page/title"),
        ("<title>a</title>", "<h1>a</h1><img src=/a/>", "page/alt"),
        ("<title>a</title>", "<h1>a</h1><a href=http://localhost:1313/>x</a>", "page/loopback"),
        ("<title>a</title><script src=//127.0.0.1/x.js></script>", "<h1>a</h1>", "page/loopback"),
        ("<title>a</title><link rel=canonical href=http://[::1]/a/>", "<h1>a</h1>", "page/loopback"),
        ("<title>a</title>", "<h1>a</h1><script data-watchpost=preview>1</script>", "page/preview"),
    ] {
        Written::new().file("a/index.html", &whole(head, body)).only(code);
    }
    for good in ["<svg><title>b</title></svg>", "<a href=http://localhostess.example/>x</a>", "<img src=/ alt=''>"] {
        Written::new().page("index.html", SNIPPET, good).holds();
    }
    let two = Written::new().page("index.html", SNIPPET, "\n<h1>b</h1>").report();
    let findings: Vec<_> = two.findings.iter().map(|one| (one.code, one.level)).collect();
    assert_eq!(findings, [("page/heading", Level::Note)]);
}

#[test]
fn a_site_on_this_machine_may_name_this_machine() {
    let toml = "title = \"t\"\nbase_url = \"http://localhost:8080/\"\nfeeds = []\ntimezone = \"UTC\"\n";
    let site = Written::with("").page("index.html", "", "<a href=http://localhost:8080/>x</a>");
    Written { toml: toml.to_owned(), ..site }.holds();
    let stats = "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"http://127.0.0.1:9/\"\nsite = \"x\"\n";
    let snippet = SNIPPET.replace("https://stats.example", "http://127.0.0.1:9");
    Written::with(stats).page("index.html", &snippet, "").holds();
}

#[test]
fn a_contract_is_broken_once_for_each_layout_and_way() {
    let contract = "[[contract]]\nmatch = \"posts/**\"\nexactly_one = \"h1\"\nnone = \"iframe\"\n";
    let with = |more: &str| Written::with(&format!("{GOATCOUNTER}{contract}{more}")).ours();
    with("").page("posts/a/index.html", SNIPPET, "<p>x").page("index.html", SNIPPET, "<iframe src=/></iframe>").holds();
    with("").page("posts/a/index.html", SNIPPET, "<iframe src=/posts/a/></iframe>").only("page/contract");
    let site = with("").page("posts/a/index.html", SNIPPET, "\n<h1>b</h1>\n<h1>c</h1>");
    let site = site.page("posts/b/index.html", SNIPPET, "<h1>b</h1>");
    let report = site.report();
    let broken: Vec<&Diagnostic> = report.findings.iter().filter(|one| one.code == "page/contract").collect();
    let [broken] = broken.as_slice() else { panic!("{broken:#?}") };
    assert_eq!(broken.message, "each of 2 pages has 2 or more of `h1`, and exactly one is asked for");
    assert_eq!(broken.place.as_ref().unwrap().file, "posts/a/index.html:1");
    assert_eq!(
        broken.notes,
        [
            "also on posts/b/index.html:1",
            "on lines 1, 2, 3 of the written page",
            "made by the layout `post.html`",
            "site.toml:11:15 asks for it: `exactly_one = \"h1\"`"
        ]
    );
    assert!(broken.hint.as_ref().unwrap().contains("look in `post.html`"));
    assert_eq!(report.exit(), Exit::Site);
    let told = with("message = \"ask Ada\"\n").page("posts/a/index.html", SNIPPET, "<h1>b</h1>").report();
    assert_eq!(told.findings.last().unwrap().hint.as_deref(), Some("ask Ada"));
}

#[test]
fn a_contract_that_cannot_be_judged_or_speaks_of_nothing_is_told() {
    let with = |contract: &str| Written::with(&format!("{GOATCOUNTER}[[contract]]\n{contract}"));
    with("match = \"psts/**\"\nnone = \"x\"\n").page("index.html", SNIPPET, "").only("page/contract-idle");
    let deep = "<div>".repeat(600);
    let site = with("match = \"**\"\nnone = \"iframe\"\n").page("index.html", SNIPPET, &deep);
    site.only("page/contract");
    assert!(site.report().findings[0].message.contains("so deep that `iframe` cannot be counted"));
    // A page that only sends its reader on is none of theirs.
    let alias = "<!doctype html><meta http-equiv=refresh content='0; url=/'>";
    with("match = \"**\"\nexactly_one = \"h1\"\n")
        .page("index.html", SNIPPET, "")
        .file("old/index.html", alias)
        .holds();
}
