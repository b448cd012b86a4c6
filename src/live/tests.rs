//! The rules over a line in this process: a small site, built and deployed, and what may go wrong on the way.

mod web;

use self::web::*;
use super::*;
use crate::analytics::exchange::Reply;
use crate::manifest::DEPLOYED;

#[test]
fn a_site_as_it_was_built_holds() {
    let build = Build::usual();
    let told = Case::of(&build).judge(nothing);
    told.drifts(&[]).unknowns(&[]).notes(&[]);
    let build_id = build.manifest.build_id.short();
    assert_eq!(
        told.message("live/page"),
        format!(
            "3 of 4 pages are there, held against the local build {build_id}, which is deployed; with and without caches"
        )
    );
    assert_eq!(told.message("live/rewritten"), "3 pages byte by byte as built");
    // The manifest; three pages twice; a missing address, a draft, the feed, and http with its redirect.
    assert_eq!(told.asked.len(), 1 + 6 + 1 + 1 + 1 + 2, "{:#?}", told.asked);
    assert!(Case { all: true, ..Case::of(&build) }.judge(nothing).message("live/page").starts_with("all 4 pages"));
}

#[test]
fn each_rule_says_that_it_holds() {
    let build = Build::usual();
    let told = Case::of(&build).judge(nothing);
    let said = told.of(|outcome| *outcome == Outcome::Ok);
    // These two speak only of what is wrong.
    let silent = ["live/edge", "live/embedded", "live/no-manifest"];
    let missing: Vec<&str> = RULES.iter().map(|rule| rule.code).filter(|code| !said.contains(code)).collect();
    assert_eq!(missing.iter().filter(|code| !silent.contains(code)).count(), 0, "{missing:?}");
}

#[test]
fn a_snippet_that_is_lost_on_the_way_is_drift() {
    let build = Build::usual();
    let told = Case::of(&build).judge(|url, _| (url.path() == "/about/").then(|| html(page("about", ""))).flatten());
    told.drifts(&["snippet/missing"]).notes(&["live/rewritten"]);
    assert!(
        told.message("snippet/missing").contains("https://blog.example/about/"),
        "{}",
        told.message("snippet/missing")
    );
    assert!(
        told.message("live/rewritten").contains("built is a GoatCounter snippet"),
        "{}",
        told.message("live/rewritten")
    );
}

#[test]
fn bytes_that_changed_where_the_facts_did_not_are_a_note() {
    let build = Build::usual();
    let told = Case::of(&build).judge(|url, _| {
        let text = String::from_utf8(build.files.get("about/index.html")?.clone())
            .ok()?
            .replace("</body>", "<!-- edge --></body>");
        (url.path() == "/about/").then(|| html(text.replace('"', "'"))).flatten()
    });
    told.drifts(&[]).unknowns(&[]).notes(&["live/rewritten"]);
    assert!(told.message("live/rewritten").ends_with("what is said about analytics is the same"));
}

#[test]
fn zoo_14_rocket_loader_is_named() {
    let build = Build::usual();
    let told = Case::of(&build).judge(|url, _| {
        let rewritten = SNIPPET.replace("<script", "<script type=\"5f2b1c9a4d3e8f7061a2b3c4-text/javascript\"");
        (url.path() == "/about/").then(|| html(page("about", &rewritten))).flatten()
    });
    told.drifts(&["live/edge"]);
    assert!(told.message("live/edge").contains("Rocket Loader"));
}

#[test]
fn zoo_43_an_old_copy_in_a_cache_is_drift_where_it_counts_wrongly() {
    let build = Build::usual();
    let old = |head: &'static str| {
        move |url: &Url, busted: bool| {
            let headers = BTreeMap::from([
                ("content-type".to_owned(), "text/html".to_owned()),
                ("age".to_owned(), "86400".to_owned()),
            ]);
            let body = page("an older about", head).into_bytes();
            let reply = Reply { status: 200, headers, body, ..Reply::default() };
            (url.path() == "/about/" && !busted).then_some(Ok(reply))
        }
    };
    let told = Case::of(&build).judge(old(""));
    told.drifts(&["live/stale"]);
    let stale = told.verdicts.iter().find(|verdict| verdict.code == "live/stale").unwrap();
    assert_eq!(stale.evidence.as_deref(), Some("https://blog.example/about/: age: 86400"));
    assert_eq!(stale.found.as_deref(), Some("no snippet"));
    assert_eq!(stale.pages, ["https://blog.example/about/"]);
    // The same in the first minutes after the build.
    let told = Case { built: Some(60), ..Case::of(&build) }.judge(old(""));
    told.drifts(&[]).unknowns(&[("live/stale", "propagating")]);
    // An older copy that counts as it should.
    Case::of(&build).judge(old(SNIPPET)).drifts(&[]).unknowns(&[]).notes(&["live/stale"]);
}

#[test]
fn zoo_29_a_policy_in_a_response_header_blocks_and_report_only_does_not() {
    let build = Build::usual();
    let with = |name: &'static str, policy: &'static str| {
        let build = &build;
        move |url: &Url, _: bool| {
            let path = format!("{}index.html", url.path().trim_start_matches('/'));
            let bytes =
                build.files.get(&path).filter(|_| url.host_str() == Some("blog.example") && url.scheme() == "https")?;
            let mut reply = reply(200, "text/html", bytes);
            reply.headers.insert(name.to_owned(), policy.to_owned());
            Some(Ok(reply))
        }
    };
    const CSP: &str = "content-security-policy";
    Case::of(&build).judge(with(CSP, "default-src 'self'")).drifts(&["contract/policy"]);
    // Row 6: the script passes, the hit does not.
    Case::of(&build)
        .judge(with(CSP, "default-src 'self'; script-src https://stats.example; img-src https://stats.example"))
        .drifts(&["contract/policy"]);
    let both = "default-src 'self'; script-src https://stats.example; img-src https://stats.example; connect-src https://stats.example";
    Case::of(&build).judge(with(CSP, both)).drifts(&[]).unknowns(&[]);
    // Two policies in one header: each must allow it.
    Case::of(&build).judge(with(CSP, "default-src *, script-src 'none'")).drifts(&["contract/policy"]);
    Case::of(&build).judge(with("content-security-policy-report-only", "default-src 'none'")).drifts(&[]).unknowns(&[]);
}

#[test]
fn zoo_21_and_45_a_page_without_template_and_a_section_that_lost_its_snippet_are_in_the_sample() {
    let mut files: Vec<(String, &str, &str, String)> = (0..30)
        .map(|number| (format!("posts/{number}/index.html"), "post.html", "posts", page("a", SNIPPET)))
        .collect();
    files.push(("notes/1/index.html".to_owned(), "post.html", "notes", page("b", "")));
    files.push(("copied.html".to_owned(), "", "", page("c", "")));
    files.push(("index.html".to_owned(), "index.html", "", page("d", SNIPPET)));
    let files: Vec<_> =
        files.iter().map(|(path, layout, section, text)| (path.as_str(), *layout, *section, text.clone())).collect();
    let build = Build::new(&files);
    let told = Case::of(&build).judge(nothing);
    told.drifts(&["snippet/missing"]);
    let pages: BTreeSet<&str> = told
        .verdicts
        .iter()
        .filter(|verdict| verdict.code == "snippet/missing" && verdict.outcome == Outcome::Drift)
        .flat_map(|verdict| verdict.pages.iter().map(String::as_str))
        .collect();
    assert_eq!(pages, BTreeSet::from(["https://blog.example/copied.html", "https://blog.example/notes/1/"]));
}

#[test]
fn an_older_build_is_on_its_way_for_a_while_and_then_what_is_deployed_counts() {
    let (old, new) = (Build::usual(), Build::new(&[("index.html", "index.html", "", page("new home", SNIPPET))]));
    let told = Case { local: Some(&new), built: Some(30), ..Case::of(&old) }.judge(nothing);
    told.drifts(&[]).unknowns(&[("live/build", "propagating")]);
    let told = Case { local: Some(&new), built: Some(3_600), ..Case::of(&old) }.judge(nothing);
    told.drifts(&[]).unknowns(&[]).notes(&["live/build"]);
    assert!(told.message("live/page").contains("held against the manifest of build"), "{}", told.message("live/page"));
    // A checkout without a build.
    let told = Case { local: None, ..Case::of(&old) }.judge(nothing);
    told.drifts(&[]).unknowns(&[]).notes(&[]);
    assert!(told.message("live/build").ends_with("pages were held against its manifest"));
}

#[test]
fn a_manifest_that_is_not_there_is_unknown_with_the_hosts_cause_and_a_first_deployment_is_called_so() {
    let build = Build::usual();
    let manifest = |server: &'static str, status: u16| {
        move |url: &Url, _: bool| {
            let mut reply = reply(status, "text/html", "no");
            reply.headers.insert("server".to_owned(), server.to_owned());
            url.path().starts_with("/.well-known/").then_some(Ok(reply))
        }
    };
    let told = Case::of(&build).judge(manifest("GitHub.com", 404));
    told.drifts(&[]).unknowns(&[("live/no-manifest", "no-manifest")]);
    assert!(told.message("live/no-manifest").contains("GitHub Pages"));
    assert!(Case::of(&build).judge(manifest("nginx", 403)).message("live/no-manifest").contains("a dot"));
    let told = Case::of(&build).judge(|url, _| {
        (url.scheme() == "https" && url.host_str() == Some("blog.example")).then(|| Ok(reply(404, "text/html", "no")))
    });
    told.drifts(&[]).unknowns(&[("live/no-manifest", "first-deployment")]);
    // Elsewhere, for those who keep it elsewhere.
    let settings = format!("{TABLE}[live]\nmanifest = \"/watchpost.json\"\n");
    let told = Case { settings, ..Case::of(&build) }.judge(|url, _| match url.path() {
        "/watchpost.json" => Some(Ok(reply(200, "application/json", &build.files[DEPLOYED]))),
        path if path.starts_with("/.well-known/") => Some(Ok(reply(404, "text/html", "no"))),
        _ => None,
    });
    told.drifts(&[]).unknowns(&[]);
}

#[test]
fn lists_that_do_not_fit_their_names_are_not_believed() {
    let build = Build::usual();
    let told = Case { local: None, ..Case::of(&build) }.judge(|url, _| {
        url.path().starts_with("/.well-known/watchpost/").then(|| Ok(reply(200, "application/json", "{\"files\":{}}")))
    });
    told.drifts(&[]).unknowns(&[("live/build", "manifest")]);
}

#[test]
fn drafts_that_are_public_are_drift_and_a_soft_404_proves_nothing() {
    let build = Build::usual();
    let public = |url: &Url, _: bool| (url.path() == "/drafts/x/").then(|| html(page("draft", SNIPPET))).flatten();
    let told = Case::of(&build).judge(public);
    told.drifts(&["live/draft-public"]);
    assert!(told.message("live/draft-public").contains("https://blog.example/drafts/x/"));
    let soft = |url: &Url, _: bool| {
        let is_lost = url.path() == "/drafts/x/" || url.path().starts_with("/watchpost-");
        is_lost.then(|| html(page("nothing here", SNIPPET))).flatten()
    };
    Case::of(&build).judge(soft).drifts(&[]).unknowns(&[]).notes(&["live/soft-404"]);
    let echo = |url: &Url, _: bool| {
        let is_lost = url.path() == "/drafts/x/" || url.path().starts_with("/watchpost-");
        is_lost.then(|| html(page(url.path(), SNIPPET))).flatten()
    };
    Case::of(&build).judge(echo).drifts(&[]).unknowns(&[("live/draft-public", "soft-404")]);
}

#[test]
fn a_post_that_got_another_id_is_drift() {
    let build = Build::usual();
    let changed = feed(&[("/posts/a/", "tag:a"), ("/posts/b/", "tag:OTHER"), ("/posts/c/", "tag:c")]);
    let told =
        Case::of(&build).judge(|url, _| (url.path() == "/feed.xml").then(|| Ok(reply(200, "text/xml", &changed))));
    told.drifts(&["live/feed-ids"]);
    assert!(told.message("live/feed-ids").starts_with("1 post of the feed"));
    let gone = Case::of(&build).judge(|url, _| (url.path() == "/feed.xml").then(|| Ok(reply(404, "text/html", "no"))));
    gone.drifts(&["live/feed-ids"]);
    // Posts that fell off the end, or are new, keep the rest.
    let fewer = feed(&[("/posts/b/", "tag:b"), ("/posts/new/", "tag:new")]);
    Case::of(&build)
        .judge(|url, _| (url.path() == "/feed.xml").then(|| Ok(reply(200, "text/xml", &fewer))))
        .drifts(&[]);
}

#[test]
fn the_stand_in_has_no_place_on_the_web() {
    let settings = TABLE.replace("https://stats.example/", "embedded");
    let snippet = SNIPPET.replace("stats.example", "analytics.invalid");
    let build = Build::new(&[("index.html", "index.html", "", page("home", &snippet))]);
    Case { settings, ..Case::of(&build) }.judge(nothing).drifts(&["live/embedded"]);
}

#[test]
fn errors_of_the_host_are_drift_or_unknown_by_what_visitors_get() {
    let build = Build::usual();
    let about = |status: u16, content_type: &'static str| {
        move |url: &Url, _: bool| (url.path() == "/about/").then(|| Ok(reply(status, content_type, page("a", SNIPPET))))
    };
    for status in [401, 403, 404, 410] {
        Case::of(&build).judge(about(status, "text/html")).drifts(&["live/page"]);
    }
    Case::of(&build).judge(about(200, "text/plain")).drifts(&["live/page"]);
    for (status, reason) in [(500, "status-500"), (503, "status-503"), (429, "status-429")] {
        let told = Case::of(&build).judge(about(status, "text/html"));
        told.drifts(&[]).unknowns(&[("live/page", reason)]);
        // One retry after the other, and then the host is left alone.
        assert_eq!(told.asked.iter().filter(|url| url.contains("/about/")).count(), 3);
    }
    let down =
        Case::of(&build).judge(|url, _| (url.host_str() == Some("blog.example")).then_some(Err(Failure::Timeout)));
    down.drifts(&[]).unknowns(&[("live/page", "timeout")]);
    let expired = "it has expired 3 days ago".to_owned();
    let told = Case::of(&build).judge(move |url, _| {
        (url.host_str() == Some("blog.example")).then(|| Err(Failure::Certificate(expired.clone())))
    });
    told.drifts(&["live/page"]);
    let challenged = Case::of(&build).judge(|url, _| {
        let mut reply = reply(403, "text/html", "are you human");
        reply.headers.insert("cf-mitigated".to_owned(), "challenge".to_owned());
        (url.path() == "/about/").then_some(Ok(reply))
    });
    challenged.drifts(&[]).unknowns(&[("live/page", "challenge")]);
}

#[test]
fn a_site_without_encryption_is_told() {
    let build = Build::usual();
    let told = Case::of(&build).judge(|url, _| (url.scheme() == "http").then(|| html(page("home", SNIPPET))).flatten());
    told.drifts(&[]).notes(&["live/insecure"]);
    let refused = Case::of(&build).judge(|url, _| (url.scheme() == "http").then_some(Err(Failure::Refused)));
    refused.drifts(&[]).notes(&[]);
}

#[test]
fn any_site_is_found_by_its_sitemaps_and_judged_by_the_rules() {
    let mut files: Vec<(String, String)> =
        (0..40).map(|number| (format!("posts/{number}/index.html"), page("a", SNIPPET))).collect();
    files.push(("index.html".to_owned(), page("home", SNIPPET)));
    files.push(("notes/1/index.html".to_owned(), page("n", "")));
    let urls: String = files
        .iter()
        .map(|(path, _)| format!("<url><loc>https://blog.example/{}</loc></url>", path.trim_end_matches("index.html")))
        .collect();
    let rows: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), "", "", text.clone())).collect();
    let mut build = Build::new(&rows);
    build.files.retain(|path, _| !path.starts_with(".well-known"));
    build
        .files
        .insert("robots.txt".to_owned(), b"User-agent: *\nSitemap: https://blog.example/index-of.xml\n".to_vec());
    let index = "<sitemapindex><sitemap><loc>https://blog.example/one.xml</loc></sitemap><sitemap><loc>https://other.example/two.xml</loc></sitemap></sitemapindex>";
    build.files.insert("index-of.xml".to_owned(), index.as_bytes().to_vec());
    build.files.insert("one.xml".to_owned(), format!("<urlset>{urls}</urlset>").into_bytes());
    let foreign = || Case { local: None, ours: false, hidden: Vec::new(), ..Case::of(&build) };
    let told = foreign().judge(nothing);
    told.drifts(&["snippet/missing"]).unknowns(&[]).notes(&["live/no-manifest", "live/not-found"]);
    assert!(told.message("snippet/missing").contains("https://blog.example/notes/1/"));
    assert!(told.asked.len() < 24, "a sample stays small: {:#?}", told.asked);
    assert!(!told.asked.iter().any(|url| url.contains("other.example")), "other hosts are not asked");
    assert!(foreign().judge(nothing).message("live/no-manifest").contains("as those of any site"));
    let all = Case { all: true, ..foreign() }.judge(nothing);
    assert_eq!(all.asked.iter().filter(|url| url.contains("/posts/")).count(), 80);
}

#[test]
fn without_a_sitemap_the_links_of_the_home_page_are_followed() {
    let home = "<a href=/posts/a/>a</a><a href=https://other.example/x/>x</a><a href=/photo.jpg>p</a><a href='/about/#top'>b</a>";
    let mut build = Build::new(&[
        ("index.html", "", "", page("home", SNIPPET).replace("home</body>", &format!("{home}</body>"))),
        ("posts/a/index.html", "", "", page("a", SNIPPET)),
        ("about/index.html", "", "", page("b", "")),
    ]);
    build.files.retain(|path, _| !path.starts_with(".well-known"));
    let told = Case { local: None, ours: false, hidden: Vec::new(), ..Case::of(&build) }.judge(nothing);
    told.drifts(&["snippet/missing"]);
    assert!(told.message("live/page").starts_with("3 of 3") || told.message("live/page").starts_with("all 3"));
    assert!(!told.asked.iter().any(|url| url.contains("other.example") || url.contains("photo")));
}

#[test]
fn a_copy_of_the_site_elsewhere_is_judged_as_the_site() {
    let build = Build::usual();
    let told = Case { base: "https://copy.example/preview/", ..Case::of(&build) }.judge(|url, _| {
        if url.host_str() != Some("copy.example") {
            return None;
        }
        let path = url.path().strip_prefix("/preview/")?;
        let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        Some(Ok(match build.files.get(&path) {
            Some(bytes) => reply(200, if path.ends_with("html") { "text/html" } else { "text/xml" }, bytes),
            None => reply(404, "text/html", "no"),
        }))
    });
    told.drifts(&[]).unknowns(&[]);
}

#[test]
fn a_page_that_sends_its_visitors_elsewhere_is_drift() {
    let build = Build::usual();
    let told = Case::of(&build).judge(|url, _| {
        let headers = BTreeMap::from([("location".to_owned(), "https://parked.example/".to_owned())]);
        match url.host_str() {
            Some("parked.example") => html(page("for sale", "")),
            _ if url.path() == "/about/" => Some(Ok(Reply { status: 302, headers, ..Reply::default() })),
            _ => None,
        }
    });
    assert!(told.message("live/page").contains("https://parked.example/"), "{}", told.message("live/page"));
    assert!(told.of(|outcome| *outcome == Outcome::Drift).contains(&"live/page"));
}
