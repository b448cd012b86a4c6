//! Owns what a browser tells of one page: whether it loaded, what a policy blocked, what it complained about. Facts, in
//! words fit for a report; nothing is judged.

use std::collections::BTreeMap;

use serde_json::Value;

/// How many complaints of one page are kept.
const KEPT: usize = 50;
/// How long a complaint may be.
const LONGEST: usize = 400;

/// What was seen of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Whether it loaded.
    pub is_loaded: bool,
    /// Whether it came to rest before its time was over.
    pub is_settled: bool,
    /// Why it could not be opened at all.
    pub failure: Option<String>,
    /// What its policies blocked, each once.
    pub blocked: Vec<Blocked>,
    /// What the browser complained about: errors, warnings and exceptions, each once.
    pub console: Vec<String>,
    /// The requests that are under way, by the browser's number for them.
    asked: BTreeMap<String, String>,
}

/// Something that a policy did not let pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blocked {
    /// The directive: `connect-src`.
    pub directive: String,
    /// The address that was blocked; none for something that stands in the page itself.
    pub url: Option<String>,
}

impl Seen {
    /// Takes an event; returns whether it shows that the page is not at rest.
    pub(super) fn take(&mut self, name: &str, facts: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match name {
            "Page.loadEventFired" => self.is_loaded = true,
            "Network.requestWillBeSent" => {
                self.asked.insert(text(&facts["requestId"]), text(&facts["request"]["url"]));
            }
            "Network.loadingFailed" => {
                let url = self.asked.remove(&text(&facts["requestId"])).unwrap_or_default();
                let reason = facts["blockedReason"].as_str().or(facts["errorText"].as_str()).unwrap_or_default();
                // What a policy or a server's leave stands in the way of is told by itself, and a favicon is nobody's loss.
                let is_told = matches!(reason, "" | "csp" | "net::ERR_ABORTED" | "net::ERR_FAILED");
                if !is_told && !is_favicon(&url) {
                    self.complain(format!("`{url}` failed: {reason}"));
                }
            }
            "Log.entryAdded" => self.log(&facts["entry"]),
            "Runtime.exceptionThrown" => {
                let details = &facts["exceptionDetails"];
                let what = details["exception"]["description"].as_str().or(details["text"].as_str());
                let what = what.unwrap_or_default().lines().next().unwrap_or_default();
                self.complain(match details["url"].as_str().filter(|url| !url.is_empty()) {
                    Some(url) => format!("{what} (in `{url}`)"),
                    None => what.to_owned(),
                });
            }
            "Runtime.consoleAPICalled" if matches!(facts["type"].as_str(), Some("error" | "warning" | "assert")) => {
                let words = facts["args"].as_array().into_iter().flatten().map(|value| {
                    let said = value["value"].as_str().map(str::to_owned);
                    said.or_else(|| value["description"].as_str().map(str::to_owned))
                        .unwrap_or_else(|| value["value"].to_string())
                });
                self.complain(words.collect::<Vec<_>>().join(" "));
            }
            "Audits.issueAdded" => self.issue(&facts["issue"]["details"]["contentSecurityPolicyIssueDetails"]),
            "Inspector.targetCrashed" => self.failure = Some("the page has crashed".to_owned()),
            _ => {}
        }
        name.starts_with("Network.") || name.starts_with("Page.") || name == "Inspector.targetCrashed"
    }

    fn log(&mut self, entry: &Value) {
        let (text, url) = (entry["text"].as_str().unwrap_or_default(), entry["url"].as_str().unwrap_or_default());
        if !matches!(entry["level"].as_str(), Some("error" | "warning")) || is_favicon(url) {
            return;
        }
        if text.starts_with("Failed to load resource: net::") {
            return;
        }
        let names_url = url.is_empty() || text.contains(url);
        self.complain(if names_url { text.to_owned() } else { format!("{text} (`{url}`)") });
    }

    fn issue(&mut self, details: &Value) {
        let Some(directive) = details["violatedDirective"].as_str() else { return };
        if details["isReportOnly"].as_bool() == Some(true) {
            return;
        }
        let url = details["blockedURL"].as_str().map(str::to_owned);
        let blocked = Blocked { directive: directive.to_owned(), url };
        if self.blocked.len() < KEPT && !self.blocked.contains(&blocked) {
            self.blocked.push(blocked);
        }
    }

    fn complain(&mut self, text: String) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut line = words.join(" ");
        if let Some((end, _)) = line.char_indices().nth(LONGEST) {
            line.truncate(end);
            line.push('…');
        }
        if !line.is_empty() && self.console.len() < KEPT && !self.console.contains(&line) {
            self.console.push(line);
        }
    }
}

fn is_favicon(url: &str) -> bool {
    url.ends_with("/favicon.ico")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_become_words() {
        let mut seen = Seen::default();
        seen.take(
            "Network.requestWillBeSent",
            &json!({ "requestId": "1", "request": { "url": "https://a.example/x.js" } }),
        );
        seen.take("Network.loadingFailed", &json!({ "requestId": "1", "errorText": "net::ERR_NAME_NOT_RESOLVED" }));
        seen.take(
            "Log.entryAdded",
            &json!({ "entry": { "level": "error", "text": "No  luck", "url": "https://a.example/" } }),
        );
        seen.take("Log.entryAdded", &json!({ "entry": { "level": "info", "text": "chatter" } }));
        seen.take(
            "Runtime.exceptionThrown",
            &json!({ "exceptionDetails": { "text": "Uncaught", "url": "https://a.example/x.js",
            "exception": { "description": "TypeError: no\n    at f" } } }),
        );
        seen.take(
            "Runtime.consoleAPICalled",
            &json!({ "type": "warning", "args": [{ "value": "not counting" }, { "value": 3 }] }),
        );
        let issue = |url: Option<&str>, report_only: bool| {
            json!({ "issue": { "details": { "contentSecurityPolicyIssueDetails": {
                "violatedDirective": "connect-src", "blockedURL": url, "isReportOnly": report_only } } } })
        };
        seen.take("Audits.issueAdded", &issue(Some("https://s.example/count"), false));
        seen.take("Audits.issueAdded", &issue(Some("https://s.example/count"), false));
        seen.take("Audits.issueAdded", &issue(None, true));
        assert_eq!(
            seen.console,
            [
                "`https://a.example/x.js` failed: net::ERR_NAME_NOT_RESOLVED",
                "No luck (`https://a.example/`)",
                "TypeError: no (in `https://a.example/x.js`)",
                "not counting 3",
            ]
        );
        let url = Some("https://s.example/count".to_owned());
        assert_eq!(seen.blocked, [Blocked { directive: "connect-src".to_owned(), url }]);
    }

    #[test]
    fn a_page_that_says_too_much_is_cut_short() {
        let mut seen = Seen::default();
        for number in 0..1_000 {
            seen.take(
                "Log.entryAdded",
                &json!({ "entry": { "level": "error", "text": format!("{number} {}", "x".repeat(9_999)) } }),
            );
        }
        assert!(seen.console.len() == KEPT && seen.console.iter().all(|line| line.chars().count() <= LONGEST + 1));
    }
}
