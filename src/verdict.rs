//! Owns [`Verdict`], what one rule of the guard says about one thing: it holds, it drifted, or it
//! could not be told. `check` gathers them into a report; only `console` prints.

use serde::Serialize;

/// Which level of the guard a rule belongs to; `guard.md` calls them L0 to L8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum GuardLevel {
    /// The written pages.
    L0,
    /// The script that pages load.
    L1,
    /// Snippet, tracker and policy fit together.
    L2,
    /// The server's version.
    L3,
    /// The collect endpoint.
    L4,
    /// A hit read back.
    L5,
    /// The deployed site.
    L6,
    /// A real browser.
    L7,
    /// Daily visits.
    L8,
}

impl GuardLevel {
    /// All of them.
    pub const ALL: [GuardLevel; 9] = [
        GuardLevel::L0,
        GuardLevel::L1,
        GuardLevel::L2,
        GuardLevel::L3,
        GuardLevel::L4,
        GuardLevel::L5,
        GuardLevel::L6,
        GuardLevel::L7,
        GuardLevel::L8,
    ];
}

/// What a verdict says something about. "Built ok" must never read as "site ok".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Covers {
    /// The files in the output folder.
    Built,
    /// The analytics server.
    Server,
    /// The deployed site.
    Live,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "outcome", content = "reason")]
pub enum Outcome {
    /// It holds.
    Ok,
    /// Worth knowing; nothing is wrong.
    Note,
    /// The analytics contract is broken.
    Drift,
    /// It could not be told, and why: `refused`, `timeout`, `host-down`, `offline`, `indistinguishable` …
    Unknown(String),
}

/// What one rule says about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The stable name: `snippet/missing`. The same code is used for its `ok`.
    pub code: &'static str,
    /// The level that the rule belongs to.
    pub level: GuardLevel,
    /// What came out.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it says something about.
    pub covers: Covers,
    /// One sentence for a person: what is so.
    pub message: String,
    /// What was looked at: a URL with status and digest, a count of pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The pages it is about; all of them, sorted. Reports show a few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<String>,
    /// Whether a note says that nothing could be told, and no run of this kind could: its level is then `not told`, never ok.
    #[serde(rename = "untold", skip_serializing_if = "std::ops::Not::not")]
    pub is_untold: bool,
}

impl Verdict {
    /// Starts a verdict; the builder methods add what is known.
    pub fn new(
        code: &'static str,
        level: GuardLevel,
        covers: Covers,
        outcome: Outcome,
        message: impl Into<String>,
    ) -> Self {
        Verdict {
            code,
            level,
            outcome,
            covers,
            message: message.into(),
            evidence: None,
            expected: None,
            found: None,
            fix: None,
            pages: Vec::new(),
            is_untold: false,
        }
    }

    /// Says what was looked at.
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }

    /// Says what should be and what was found.
    pub fn expected_found(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.found = Some(found.into());
        self
    }

    /// Says what to do.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Says that nothing could be told.
    pub fn untold(mut self) -> Self {
        self.is_untold = true;
        self
    }

    /// Says which pages it is about.
    pub fn pages(mut self, pages: impl IntoIterator<Item = String>) -> Self {
        self.pages = pages.into_iter().collect();
        self.pages.sort();
        self
    }
}
