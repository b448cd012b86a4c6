//! The report in its forms for other programs, from the outside: what stands on stdout, what beside it, and the exit code.

use std::io::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Skip, tests};
use crate::site::{Run, Site};

tests![
    each_form_is_one_document_on_stdout_and_people_still_read_stderr,
    junit_is_well_formed_to_an_independent_parser,
    sarif_names_the_source_of_a_page,
    annotations_name_the_source_and_end_in_words,
    a_run_that_ends_early_is_a_document_too,
    commands_without_a_report_refuse_these_forms,
    an_incident_is_told_with_its_rule,
];

/// A site whose posts lack their snippet, and carry words that mean something elsewhere.
fn broken() -> Site {
    Site::new()
        .post("a.md", "+++\ntitle = \"<script>alert(1)</script> ]]> ::error::x\"\ndate = 2026-01-02\n+++\ntext\n")
        .post("b.md", "[gone](/nowhere/)")
        .config("[analytics]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"blog\"\n")
        .template("post.html", "<!doctype html><html lang=\"en\"><head><title>{{ page.title }}</title></head><body>{{ page.content }}</body></html>")
}

/// How each form begins and ends.
const FORMS: [(&str, &str, &str); 4] = [
    ("junit", "<?xml version=\"1.0\"", "</testsuites>\n"),
    ("sarif", "{\n", "}\n"),
    ("github", "::error ", "\n"),
    ("html", "<!doctype html>\n", "</html>\n"),
];

fn told(form: &str) -> Run {
    broken().run(&["build", "--format", form]).exit(3)
}

fn each_form_is_one_document_on_stdout_and_people_still_read_stderr() {
    for (form, start, end) in FORMS {
        let run = told(form).stderr_has("drift[snippet/missing]").stderr_has("not put in place");
        assert!(run.stdout.starts_with(start) && run.stdout.ends_with(end), "{form}: {}", run.stdout);
        assert!(!run.stdout.contains("not put in place"), "{form}: {}", run.stdout);
    }
}

fn junit_is_well_formed_to_an_independent_parser() -> Result<(), Skip> {
    let run = told("junit").stdout_has("<failure").stdout_has("file=\"content/posts/a.md\"");
    let file = run.site.path("report.xml");
    std::fs::File::create(&file).and_then(|mut file| file.write_all(run.stdout.as_bytes())).expect("it is written");
    match Command::new("xmllint").args(["--noout", "--nonet"]).arg(&file).output() {
        Err(error) => Err(Skip(format!("xmllint is not installed: {error}"))),
        Ok(output) => {
            assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), run.stdout);
            Ok(())
        }
    }
}

fn sarif_names_the_source_of_a_page() {
    let sarif: Value = serde_json::from_str(&told("sarif").stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of = |code: &str| {
        results.iter().find(|result| result["ruleId"] == code).unwrap_or_else(|| panic!("{code}: {sarif:#}"))
    };
    let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(uri(of("snippet/missing")), "content/posts/a.md");
    // The home page quotes the post, and no single file is its source.
    assert_eq!(uri(of("link/broken-page")), "public/index.html");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "snippet/missing").unwrap();
    assert!(rule["help"]["text"].as_str().unwrap().contains("nodejs/nodejs.org, issue 1028"), "{rule}");
}

fn annotations_name_the_source_and_end_in_words() {
    let run = told("github");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("::error file=content/posts/a.md,line=1,title=drift[snippet/missing]::"),
        "{}",
        lines[0]
    );
    let last = lines.last().unwrap();
    assert!(last.starts_with("drift: the analytics contract is broken"), "{last}");
    let is_command = |line: &&str| line.trim_start().starts_with("::");
    assert_eq!(run.stderr.lines().find(is_command), None);
}

fn a_run_that_ends_early_is_a_document_too() {
    let run = broken().post("c.md", "+++\ntilte = 1\n+++\n").run(&["build", "--format", "junit"]).exit(1);
    let run = run.stdout_has("<testsuite name=\"run\"").stdout_has("file=\"content/posts/c.md\"").stderr_has("tilte");
    let run = run.then().run(&["build", "--format", "github"]).exit(1);
    run.stdout_has("::error file=content/posts/c.md,line=2,col=1,");
}

fn commands_without_a_report_refuse_these_forms() {
    for command in ["list", "config", "explain"] {
        let run = Site::new().run(&[command, "--format", "sarif"]).exit(2).stderr_has("usage/format");
        assert_eq!(run.stdout, "", "{command}");
    }
}

fn an_incident_is_told_with_its_rule() {
    let run = Site::new().run(&["explain", "contract/policy"]).exit(0).stdout_has("It happened: On 25 June 2026");
    let run = run.then().run(&["explain", "contract/order"]).exit(0);
    assert!(!run.stdout.contains("It happened"), "{}", run.stdout);
    let run = run.then().run(&["explain", "collect/site", "--format", "json"]).exit(0);
    let code: Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert!(code["incident"].as_str().unwrap().contains("kentcdodds/kody"), "{code}");
}
