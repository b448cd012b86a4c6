//! Owns the snippets of the matrix: what vendors publish, in the forms in which people paste it, right and wrong.

use sha2::Digest as _;

use super::chance::Chance;
use super::policies::NONCE;
use crate::guard::csp::base64;

/// Markup, and what it is called in the table.
#[derive(Debug, Clone, Default)]
pub(super) struct Snippet {
    pub(super) name: String,
    /// Where it stands in the head.
    pub(super) head: String,
    /// Where it stands in the body.
    pub(super) body: String,
    /// Its inline scripts.
    pub(super) inline: Vec<String>,
    /// Whether it counts before it has said where to: the second of two copies then knows the address from the first, one
    /// hit leaves a page that is wrong twice, and the number of hits tells nothing.
    pub(super) is_early: bool,
}

/// Returns a tag that loads a tracker, with what people write into such tags. `attributes` are the vendor's own.
pub(super) fn tag(chance: &mut Chance, attributes: &str, script: &str, tracker: &str) -> Snippet {
    let mut more: Vec<String> = Vec::new();
    let mut name = vec!["tag".to_owned()];
    let mut add = |words: &str, text: String| {
        name.push(words.to_owned());
        more.push(text);
    };
    match *chance.weighed(&[(6, &"async"), (3, &"defer"), (2, &""), (2, &"async defer")]) {
        "" => {}
        words => add(words, words.to_owned()),
    }
    match *chance.weighed(&[
        (16, &""),
        (4, &"module"),
        (2, &"text/javascript"),
        (1, &"Module"),
        (1, &"text/plain"),
        (1, &"application/json"),
    ]) {
        "" => {}
        kind => add(&format!("type={kind}"), format!("type=\"{kind}\"")),
    }
    let sum = |bytes: &[u8]| base64(&sha2::Sha384::digest(bytes));
    match *chance.weighed(&[(18, &""), (2, &"crossorigin"), (2, &"right"), (1, &"wrong"), (1, &"alone")]) {
        "" => {}
        "crossorigin" => add("crossorigin", "crossorigin=\"anonymous\"".to_owned()),
        "right" => add(
            "right integrity",
            format!("integrity=\"sha384-{}\" crossorigin=\"anonymous\"", sum(tracker.as_bytes())),
        ),
        "wrong" => add("wrong integrity", format!("integrity=\"sha384-{}\" crossorigin", sum(b"another"))),
        _ => add("integrity without crossorigin", format!("integrity=\"sha384-{}\"", sum(tracker.as_bytes()))),
    }
    if chance.percent(25) {
        add("nonce", format!("nonce=\"{NONCE}\""));
    }
    let source = match chance.percent(15) {
        true => {
            name.push("without scheme".to_owned());
            script.trim_start_matches("https:").to_owned()
        }
        false => script.to_owned(),
    };
    let source = format!("src=\"{source}\"");
    let parts = match chance.percent(40) {
        true => [source, more.join(" "), attributes.to_owned()],
        false => [attributes.to_owned(), more.join(" "), source],
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let element = if chance.percent(8) { "SCRIPT" } else { "script" };
    let markup = format!("<{element} {}></{element}>", parts.join(" "));
    let snippet = Snippet { name: name.join(" "), head: markup, ..Snippet::default() };
    // Browsers run a module once, however many tags name it; that it stands there twice is drift all the same, by decree.
    let once = snippet.name.to_lowercase().contains("type=module");
    match placed(chance, snippet.clone()) {
        twice if once && twice.name.ends_with("twice") => snippet,
        placed => placed,
    }
}

/// Puts a snippet elsewhere, sometimes: in the body, twice, or where no browser runs it.
pub(super) fn placed(chance: &mut Chance, snippet: Snippet) -> Snippet {
    let Snippet { name, head, body, inline, is_early } = snippet;
    let (words, head, body) = match *chance.weighed(&[
        (26, &""),
        (6, &"in the body"),
        (2, &"twice"),
        (1, &"in a comment"),
        (1, &"in a template"),
        (1, &"in a noscript"),
        (1, &"quoted beside it"),
        (1, &"in a textarea"),
    ]) {
        "in the body" => ("in the body", String::new(), format!("<p>x</p>{head}{body}")),
        "twice" if !is_early => ("twice", head.repeat(2), body),
        "in a comment" => ("in a comment", format!("<!-- {head} -->"), body),
        "in a template" => ("in a template", format!("<template>{head}</template>"), body),
        "in a noscript" => ("in a noscript", format!("<noscript>{head}</noscript>"), body),
        "in a textarea" => ("in a textarea", String::new(), format!("<textarea>{head}</textarea>{body}")),
        "quoted beside it" => {
            let quoted = head.replace('<', "&lt;");
            ("and quoted beside it", head, format!("<pre><code>{quoted}</code></pre><!-- {quoted} -->{body}"))
        }
        _ => ("", head, body),
    };
    Snippet { name: format!("{name} {words}").trim_end().to_owned(), head, body, inline, is_early }
}

/// Returns a snippet of Matomo's: its commands in some order, handed over in some way.
pub(super) fn matomo(chance: &mut Chance, script: &str, collect: &str) -> Snippet {
    let commands = |order: &str| -> Vec<String> {
        let (url, site) = (format!("['setTrackerUrl', '{collect}']"), "['setSiteId', '7']".to_owned());
        let (view, links) = ("['trackPageView']".to_owned(), "['enableLinkTracking']".to_owned());
        match order {
            "address first" => vec![url, site, view, links],
            "site first" => vec![site, url, view, links],
            "view between" => vec![url, view, site, links],
            _ => vec![view, links, url, site],
        }
    };
    let order = *chance.weighed(&[(5, &"address first"), (3, &"view first"), (2, &"site first"), (1, &"view between")]);
    let queue = *chance.weighed(&[
        (6, &"window._paq = window._paq || []"),
        (3, &"var _paq = window._paq = window._paq || []"),
        (3, &"var _paq = _paq || []"),
        (1, &"let _paq = window._paq || []"),
        (1, &"const _paq = window._paq = window._paq || []"),
    ]);
    let own = if queue.starts_with("window") { "window._paq" } else { "_paq" };
    let pushes = |join: bool| match join {
        true => format!("{own}.push({})", commands(order).join(", ")),
        false => commands(order).iter().map(|command| format!("{own}.push({command});")).collect::<Vec<_>>().join("\n"),
    };
    let loader = format!(
        "(function () {{ var d = document, g = d.createElement('script'), s = d.getElementsByTagName('script')[0];\n\
         g.async = true; g.src = '{script}'; s.parentNode.insertBefore(g, s) }})();"
    );
    let nonce = if chance.percent(25) { format!(" nonce=\"{NONCE}\"") } else { String::new() };
    let form = *chance.weighed(&[
        (8, &"queue"),
        (3, &"queue, one push"),
        (3, &"queue and tag"),
        (2, &"tag, then queue"),
        (1, &"blocking tag, then queue"),
        (3, &"called"),
        (1, &"queue in a module"),
    ]);
    let (attributes, name) = match form {
        "queue in a module" => (format!(" type=\"module\"{nonce}"), format!("{form}, {order}, {own}")),
        "called" => (nonce.clone(), form.to_owned()),
        _ => (nonce.clone(), format!("{form}, {order}")),
    };
    let (before, inline, after) = match form {
        "queue, one push" => (String::new(), format!("{queue};\n{};\n{loader}", pushes(true)), String::new()),
        "queue and tag" => {
            let after = format!("<script async{nonce} src=\"{script}\"></script>");
            (String::new(), format!("{queue};\n{}", pushes(false)), after)
        }
        "tag, then queue" => {
            let before = format!("<script defer{nonce} src=\"{script}\"></script>");
            (before, format!("{queue};\n{}", pushes(false)), String::new())
        }
        "blocking tag, then queue" => {
            let before = format!("<script{nonce} src=\"{script}\"></script>");
            (before, format!("{queue};\n{}", pushes(false)), String::new())
        }
        "called" => {
            let before = format!("<script{nonce} src=\"{script}\"></script>");
            let inline = format!(
                "var counter = Piwik.getTracker('{collect}', '7');\ncounter.trackPageView();\ncounter.enableLinkTracking();"
            );
            (before, inline, String::new())
        }
        _ => (String::new(), format!("{queue};\n{}\n{loader}", pushes(false)), String::new()),
    };
    let head = format!("{before}<script{attributes}>{inline}</script>{after}");
    let is_early = order.starts_with("view") && form != "called";
    placed(chance, Snippet { name, head, body: String::new(), inline: vec![inline], is_early })
}
