//! Owns the trend as one page of HTML that needs nothing else: for a browser, a mail, an archive.

use std::fmt::Write as _;

use super::chart::{chart, escaped};
use super::words::{advice, grouped, percent, rate, sentence, signed, since, whole};
use super::{Judgement, Trend};

const STYLE: &str = "<style>:root{color-scheme:light dark;--text:#1f2937;--dim:#5b6472;--back:#fff;--edge:#e2e5ea;--bad:#c2410c;--good:#15803d}\
@media(prefers-color-scheme:dark){:root{--text:#e5e7eb;--dim:#a7b0bd;--back:#14181f;--edge:#333a45;--bad:#fb923c;--good:#4ade80}}\
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}\
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:1.4rem;margin:0 0 1.2rem}\
h2{font-size:1.1rem;margin:2rem 0 .3rem;overflow-wrap:anywhere}.outcome{margin:.2rem 0 .4rem;font-size:1.1rem;padding-left:.7rem;border-left:4px solid var(--dim)}\
.bad{border-color:var(--bad)}.good{border-color:var(--good)}p{margin:.3rem 0}.dim{color:var(--dim);font-size:.9rem}\
svg{display:block;width:100%;height:auto;margin:1rem 0 .3rem}.narrow{display:none}@media(max-width:40rem){.wide{display:none}.narrow{display:block}}\
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}.key span::before{content:\"\";display:inline-block;width:.8em;height:.8em;margin-right:.4em;background:var(--of)}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.2rem 0}dt{color:var(--dim)}dd{margin:0}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2rem 1.2rem .2rem 0;text-align:right;border-bottom:1px solid var(--edge)}\
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere}th{font-weight:600;color:var(--dim)}</style>";

/// Returns the page of one or more trends, each under its name.
pub fn page(site: &str, trends: &[(String, Result<Trend, String>)]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>Visits of {site}</title>{STYLE}</head><body><main><h1>Visits of {site}</h1>",
        site = escaped(site)
    );
    for (name, trend) in trends {
        // Writing to a string cannot fail.
        let _ = write!(html, "<section><h2>{}</h2>", escaped(name));
        match trend {
            Ok(trend) => one(&mut html, trend),
            Err(why) => _ = write!(html, "<p class=\"outcome\">Not told: {}</p>", escaped(why)),
        }
        html.push_str("</section>");
    }
    html.push_str(
        "<p class=\"dim\">An alarm needs fewer visits than chance gives once in 1,000 mornings. A slow decline raises none: what is \
         usual follows it. Nor is it seen here who blocks the tracker or refuses consent.</p></main></body></html>\n",
    );
    html
}

fn one(html: &mut String, trend: &Trend) {
    let class = match trend.judgement {
        Judgement::Steady => " good",
        _ if trend.alarms() => " bad",
        _ => "",
    };
    let _ = write!(html, "<p class=\"outcome{class}\">{}</p>", escaped(&capital(&sentence(trend))));
    if let Some(since) = since(trend) {
        let _ = write!(html, "<p>Since {}.</p>", escaped(&since));
    }
    if let Some(advice) = advice(trend) {
        let _ = write!(html, "<p>{}.</p>", code(&escaped(&capital(&advice))));
    }
    if !trend.points.is_empty() {
        let _ = write!(
            html,
            "<div class=\"wide\">{}</div><div class=\"narrow\">{}</div><p class=\"key dim trend\">\
             <span style=\"--of:#5b7fb5\">{} a day</span><span style=\"--of:currentColor\">expected</span>",
            chart(trend, 960),
            chart(trend, 380),
            trend.unit
        );
        if trend.alarms() {
            html.push_str("<span style=\"--of:var(--bad)\">alarm</span>");
        }
        if !trend.marks.is_empty() {
            html.push_str("<span style=\"--of:#8b5cf6\">deployment</span>");
        }
        html.push_str("</p>");
    }
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(usual) = trend.rate {
        rows.push((
            "usual",
            format!("{} {} a day, varying by {} beyond chance", rate(usual), trend.unit, percent(trend.spread)),
        ));
    }
    if let Some((found, expected)) = trend.week {
        rows.push(("last 7 days", format!("{}, {} expected", grouped(found), whole(expected))));
    }
    if let Some(change) = trend.four_weeks {
        rows.push(("last 28 days", format!("{} against the 28 before", signed(change))));
    }
    if let Some((before, now)) = trend.views_per_visit {
        rows.push(("page views", format!("{now:.2} for each of the {}, {before:.2} before", trend.unit)));
    }
    rows.extend(trend.remarks.iter().map(|remark| ("note", remark.clone())));
    html.push_str("<dl>");
    for (name, text) in rows {
        let _ = write!(html, "<dt>{name}</dt><dd>{}</dd>", escaped(&text));
    }
    html.push_str("</dl>");
    if !trend.sections.is_empty() {
        html.push_str("<table><tr><th>section</th><th>last 7 days</th><th>before</th></tr>");
        for share in &trend.sections {
            let section = escaped(&share.section);
            let _ = write!(
                html,
                "<tr><td>{section}</td><td>{}</td><td>{}</td></tr>",
                percent(share.now),
                percent(share.before)
            );
        }
        html.push_str("</table>");
    }
    if !trend.marks.is_empty() {
        html.push_str("<h2>Deployments</h2><dl>");
        for mark in trend.marks.iter().rev().take(20) {
            let _ = write!(html, "<dt>{}</dt><dd>{}</dd>", mark.day, escaped(&mark.what));
        }
        html.push_str("</dl>");
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// Marks what stands between backticks as code.
fn code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}
