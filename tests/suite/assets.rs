//! What is made of stylesheets and other files that pages load.

use crate::harness::tests;
use crate::site::Site;

tests![
    sass_of_the_site_wins_over_the_themes_file_by_file,
    sass_that_does_not_compile_stops_the_build_and_shows_the_line,
    sass_and_a_static_file_cannot_have_one_address,
    the_example_of_the_documentation_compiles,
    files_are_named_by_their_digest_on_request_and_keep_their_plain_name,
    the_digest_of_a_file_stands_in_integrity,
    a_file_that_is_not_there_has_no_digest,
    the_policy_is_computed_from_what_the_pages_contain,
    the_guard_judges_the_computed_policy,
    a_policy_that_no_host_would_read_is_refused,
    headers_are_not_written_by_two,
    redirects_are_written_for_the_host_and_on_request,
    smaller_pages_say_the_same_and_are_served_alike,
];

fn sass_of_the_site_wins_over_the_themes_file_by_file() {
    let run = Site::new()
        .file("themes/mine/templates/index.html", "{{ get_url(path=\"main.css\") }}{{ analytics() }}")
        .file("themes/mine/templates/404.html", "{{ analytics() }}")
        .file("themes/mine/sass/main.scss", "@use 'colours' as *;\nbody { color: $ink }\n")
        .file("themes/mine/sass/_colours.scss", "$ink: black;\n")
        .file("sass/_colours.scss", "$ink: #123456;\n")
        .file("sass/parts/print.sass", "p\n  margin: 2px * 3\n")
        .file("sass/notes.txt", "not a stylesheet")
        .config("theme = \"mine\"")
        .build()
        .exit(0);
    assert!(run.site.output("main.css").contains("color: #123456"), "{}", run.site.output("main.css"));
    assert!(run.site.output("parts/print.css").contains("margin: 6px"));
    let run = run.page_has("/", "/main.css");
    run.has_file("_colours.css", false).has_file("notes.txt", false).has_file("sass/notes.txt", false);
}

fn sass_that_does_not_compile_stops_the_build_and_shows_the_line() {
    let site = Site::new().file("sass/main.scss", "a { color: red }\n").build().exit(0).then();
    site.write("sass/_part.scss", "a {\n  color: $nothing;\n}\n");
    site.write("sass/main.scss", "@import 'part';\n@warn 'never reached';\n");
    let run = site.build().exit(1).stderr_has("sass/invalid").stderr_has("sass/_part.scss:2:10");
    assert!(run.site.output("main.css").contains("color: red"), "a failed build left `public/` as it was");
    let site = run.then();
    site.write("sass/_part.scss", "@warn 'an old mixin';\na { color: blue }\n");
    site.build().exit(0).stderr_has("an old mixin").stderr_has("sass/_part.scss:1");
}

fn sass_and_a_static_file_cannot_have_one_address() {
    let site = Site::new().file("sass/main.scss", "a { color: red }\n").file("static/main.css", "b {}");
    site.build().exit(1).stderr_has("route/collision").stderr_has("sass/main.scss").stderr_has("static/main.css");
}

fn the_example_of_the_documentation_compiles() {
    let text = include_str!("../../content/docs/assets.md");
    let mut site = Site::new();
    let blocks: Vec<&str> = text.split("```scss\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let name = block.lines().next().and_then(|line| line.strip_prefix("/* ")?.strip_suffix(" */"));
        site = site.file(name.expect("each example names its file"), block);
    }
    let run = site.build().exit(0);
    assert!(run.site.output("main.css").contains("color: #0b5fff"));
}

fn files_are_named_by_their_digest_on_request_and_keep_their_plain_name() {
    let plain = Site::new().post("a.md", "A").build().exit(0);
    assert!(plain.page("/").contains("href=\"/paper.css\""), "nothing is named by its digest unless asked for");
    let site = plain.then().config("headers_from = \"netlify\"\n[assets]\nfingerprint = true");
    let run = site.build().exit(0);
    let files = run.site.public();
    let hashed: Vec<&String> = files.keys().filter(|name| name.starts_with("paper.") && *name != "paper.css").collect();
    let [name] = hashed[..] else { panic!("{hashed:?}") };
    assert!(name.len() == "paper.0123456789ab.css".len() && files[name] == files["paper.css"], "{name}");
    assert!(run.page("/").contains(&format!("href=\"/{name}\"")) && run.page("/posts/a/").contains(name));
    let headers = run.site.output("_headers");
    assert!(headers.contains(&format!("/{name}\n  Cache-Control: public, max-age=31536000, immutable\n")), "{headers}");
    let name = name.clone();
    let site = run.then().file("static/paper.css", "a { background: url(x.svg) }").file("static/x.svg", "<svg/>");
    let run = site.build().exit(0).has_file(&name, false);
    assert!(!run.page("/").contains(&name), "other bytes have another name");
}

fn the_digest_of_a_file_stands_in_integrity() {
    let template = "{{ get_hash(path=\"a.js\", sha_type=256) }} {{ get_hash(path=\"/a.js\", sha_type=256, base64=false) }} \
                    {{ get_hash(path=\"a.js\") }} {{ get_url(path=\"deep/b.tar.gz\", cachebust=true, absolute=true) }}{{ analytics() }}";
    let site = Site::new().file("static/a.js", "alert(1)").file("static/deep/b.tar.gz", "b");
    let run = site.template("index.html", template).build().exit(0);
    let page = run.page("/");
    let words: Vec<&str> = page.split_whitespace().collect();
    assert_eq!(words[0], "bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=");
    assert_eq!(words[1], "6e11c72f7cf6bc383152dd16ddd5903aba6bb1c99d6b6639a4bb0b838185fa92");
    assert_eq!(words[2].len(), 64, "384 bits in base64");
    let hashed = words[3].strip_prefix("https://blog.example/").expect("an absolute address");
    assert!(hashed.starts_with("deep/b.tar.") && hashed.ends_with(".gz"), "{hashed}");
    assert_eq!(run.site.output(hashed), "b");
}

fn a_file_that_is_not_there_has_no_digest() {
    for (call, message) in [
        ("get_url(path=\"pape.css\", cachebust=true)", "did you mean `/paper.css`?"),
        ("get_url(path=\"/404.html\", cachebust=true)", "is made from a template"),
        ("get_hash(path=\"nowhere.js\")", "there is no file at `/nowhere.js`"),
        ("get_hash(path=\"paper.css\", sha_type=1)", "256, 384 and 512"),
        ("get_hash(path=\"../paper.css\")", "is no address"),
    ] {
        let site = Site::new().template("index.html", &format!("\n  {{{{ {call} }}}}{{{{ analytics() }}}}"));
        site.build().exit(1).stderr_has(message).stderr_has("templates/index.html:2");
    }
}

const PAGE: &str = "<!doctype html><html><head><script>alert(1)</script><link rel=stylesheet href=/own.css></head>\
    <body><p style=\"color: red\">x</p><img src=https://images.example/a.png alt=a>\
    <script type=\"application/ld+json\">{}</script><iframe src=https://frames.example/x></iframe></body></html>";

fn the_policy_is_computed_from_what_the_pages_contain() {
    let run = Site::new()
        .config("headers_from = \"cloudflare\"\n[csp]\nmode = \"auto\"\n[csp.allow]\nconnect-src = [\"https://api.example\"]")
        .config("[[headers]]\nfor = \"/*\"\nvalues = { X-Frame-Options = \"DENY\" }\n[[headers]]\nfor = \"/a/*\"\nvalues = { X-A = \"1\" }")
        .file("static/page.html", PAGE)
        .file("static/own.css", "@font-face { font-family: f; src: url(https://fonts.example/f.woff2) }")
        .template("index.html", "<!doctype html><html><head><title>t</title>{{ analytics() }}</head><body></body></html>")
        .template("404.html", "<!doctype html><html><head><title>t</title>{{ analytics() }}</head><body></body></html>")
        .build()
        .exit(0);
    assert_eq!(
        run.site.output("_headers"),
        "/*\n  X-Frame-Options: DENY\n  Content-Security-Policy: default-src 'self'; base-uri 'self'; \
         connect-src 'self' https://api.example; font-src 'self' https://fonts.example; form-action 'self'; \
         frame-ancestors 'self'; frame-src 'self' https://frames.example; img-src 'self' https://images.example; \
         object-src 'none'; script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='; \
         style-src 'self' 'sha256-NerDAUWfwD31YdZHveMrq0GLjsNFMwxLpZl0dPUeCcw=' 'unsafe-hashes'\n/a/*\n  X-A: 1\n"
    );
    let reported = run.then().file("static/page.html", "<!doctype html><html><title>t</title></html>");
    let text = std::fs::read_to_string(reported.path("site.toml")).expect("there are settings");
    let reported = reported.file("site.toml", text.replace("mode = \"auto\"", "mode = \"report-only\""));
    let run = reported.build().exit(0);
    let headers = run.site.output("_headers");
    assert!(headers.contains("  Content-Security-Policy-Report-Only: default-src 'self'"), "{headers}");
    assert!(!headers.contains("sha256-"), "what is gone from the pages is gone from the policy: {headers}");
}

fn the_guard_judges_the_computed_policy() {
    let analytics =
        "headers_from = \"netlify\"\n[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"1\"";
    let site = Site::new().post("a.md", "A").config(analytics).config("[csp]\nmode = \"auto\"");
    let run = site.build().exit(0);
    let headers = run.site.output("_headers");
    let origin = "https://analytics.invalid";
    for directive in ["script-src", "connect-src", "img-src"] {
        let found = headers.split("; ").find(|part| part.starts_with(directive)).unwrap_or_default();
        assert!(found.contains(origin), "{directive}: {headers}");
    }
    // A policy of the owner's that forgets the tracker is drift; so the guard has read this one.
    let site = run.then();
    let text = std::fs::read_to_string(site.path("site.toml")).expect("there are settings");
    let own = "[[headers]]\nfor = \"/*\"\nvalues = { Content-Security-Policy = \"default-src 'self'\" }";
    site.file("site.toml", text.replace("[csp]\nmode = \"auto\"", own)).build().exit(3);
}

fn a_policy_that_no_host_would_read_is_refused() {
    let scripts: String = (0..60).map(|number| format!("<script>let a{number}</script>")).collect();
    let page = format!("<!doctype html><html><head><title>t</title>{scripts}</head></html>");
    let site = Site::new().file("static/long.html", page).config("[csp]\nmode = \"auto\"");
    site.build().exit(1).stderr_has("csp/too-long").stderr_has("`long.html` needs 60 sources").stderr_has("site.toml:");
}

fn headers_are_not_written_by_two() {
    let site = Site::new().file("static/_headers", "/*\n  X-A: 1\n").config("[csp]\nmode = \"auto\"");
    site.build().exit(2).stderr_has("csp/second-file").stderr_has("[[headers]]").stderr_has("static/_headers");
}

fn redirects_are_written_for_the_host_and_on_request() {
    let post = "+++\ntitle = \"A\"\ndate = 2026-01-01\naliases = [\"/old/\", \"/2011/a$b.html\"]\n+++\n";
    let site = Site::new().post("a.md", post).build().exit(0).has_file("_redirects", false).then();
    let run = site.config("headers_from = \"netlify\"").build().exit(0);
    assert_eq!(run.site.output("_redirects"), "/2011/a$b.html /posts/a/ 301!\n/old/ /posts/a/ 301!\n");
    let run = run.has_file("old/index.html", true);
    let site = run.then().config("[redirects]\nemit = [\"cloudflare\", \"nginx\", \"caddy\"]");
    let run = site.build().exit(0);
    let cloudflare = "/2011/a$b.html /posts/a/ 301\n/old/ /posts/a/ 301\n/old /posts/a/ 301\n";
    assert_eq!(run.site.output("_redirects"), cloudflare);
    assert_eq!(
        run.site.output("redirects.nginx"),
        "location = \"/2011/a$b.html\" { return 301 \"/posts/a/\"; }\nlocation = \"/old/\" { return 301 \"/posts/a/\"; }\n\
         location = \"/old\" { return 301 \"/posts/a/\"; }\n"
    );
    assert!(run.site.output("redirects.caddy").contains("redir /old/ /posts/a/ 301\n"));
    // A second post cannot have the same alias, and an alias cannot be a post: there is nothing to chain or to loop.
    let site = run.then().post("b.md", &post.replace("\"A\"", "\"B\""));
    site.build().exit(1).stderr_has("posts/a.md").stderr_has("posts/b.md").stderr_has("`/old/`");
}

fn smaller_pages_say_the_same_and_are_served_alike() {
    let site = || {
        Site::new()
            .file("content/posts/code.md", "+++\ntitle = \"Code\"\ndate = 2026-01-02\n+++\nWords  and\n\n```rust\nfn  main() {\n\n\n    loop {}\n}\n```\n")
            .file("sass/main.scss", "a {\n  color: red;\n}\n")
    };
    let settings = "headers_from = \"netlify\"\n[csp]\nmode = \"auto\"";
    let plain = site().config(settings).build().exit(0);
    let small = site().config(&format!("minify = true\n{settings}")).build().exit(0);
    let (before, after) = (plain.page("/posts/code/"), small.page("/posts/code/"));
    assert!(after.len() < before.len() && !after.contains("\n\n<"), "{after}");
    let code = |page: &str| page.split("<pre").nth(1).unwrap().split("</pre>").next().unwrap().to_owned();
    assert_eq!(code(&before), code(&after));
    assert!(code(&after).contains("\n\n\n"));
    let words = |page: &str| page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&before), words(&after), "the theme has no comments");
    assert_eq!(small.site.output("main.css"), "a{color:red}");
    assert_eq!(plain.site.output("feed.xml"), small.site.output("feed.xml"));
    // What the preview shows has the same lines, but for its own script.
    let served = site().config(&format!("minify = true\n{settings}")).serve(&[]);
    let page = served.page("/posts/code/");
    let main = &after[after.find("<main").unwrap()..];
    for line in main.lines().filter(|line| line.len() > 8 && !line.contains("https://")) {
        assert!(page.contains(line), "`{line}` is not in {page}");
    }
}
