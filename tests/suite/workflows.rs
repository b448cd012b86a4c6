//! The workflows that `blog init --ci` writes, and the action: by the schemas of their forges, and step by step in a shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_serde::Value;

use crate::guard;
use crate::harness::{Skip, tests};
use crate::live::Host;
use crate::site::{BLOG, Site};

tests![
    each_workflow_fits_the_schema_of_its_forge_and_does_what_it_says,
    the_action_guards_what_another_generator_made,
    a_workflow_is_never_written_over_another,
];

/// The forges: name, file, the schema that knows its form.
const FORGES: [(&str, &str, &str); 4] = [
    ("github", ".github/workflows/blog.yml", "vendor.github-workflows"),
    ("gitlab", ".gitlab-ci.yml", "vendor.gitlab-ci"),
    ("forgejo", ".forgejo/workflows/blog.yml", "vendor.github-workflows"),
    ("woodpecker", ".woodpecker/blog.yml", "vendor.woodpecker-ci"),
];

/// Demands that a file fits a schema, by check-jsonschema, which `.ci/run` installs.
fn fits(file: &Path, schema: &str) -> Result<(), Skip> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/schemas");
    if !tools.join("bin/check-jsonschema").is_file() {
        return Err(Skip("check-jsonschema is not in target/tools, where `.ci/run` puts it".to_owned()));
    }
    let output = Command::new("python3")
        .arg(tools.join("bin/check-jsonschema"))
        .args(["--builtin-schema", schema])
        .arg(file)
        .env("PYTHONPATH", &tools)
        .output()
        .map_err(|error| Skip(format!("python3 does not run: {error}")))?;
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stdout));
    Ok(())
}

fn read(path: &Path) -> Value {
    yaml_serde::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the commands of a job, in their order.
fn commands(forge: &str, workflow: &Value, job: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_sequence().into_iter().flatten().map(text).collect::<Vec<_>>();
    match forge {
        "gitlab" => {
            let own = &workflow[job];
            [&workflow["default"]["before_script"], &own["script"], &own["after_script"]]
                .into_iter()
                .flat_map(list)
                .collect()
        }
        "woodpecker" => {
            let steps = workflow["steps"].as_sequence().unwrap();
            list(&steps.iter().find(|step| step["name"].as_str() == Some(job)).unwrap()["commands"])
        }
        _ => {
            let steps = workflow["jobs"][job]["steps"].as_sequence().unwrap();
            steps.iter().filter_map(|step| step.get("run")).map(text).collect()
        }
    }
}

/// Runs a command as a runner does, with `blog` in the path and a shell that stops at the first failure.
fn step(site: &Site, command: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let bin = Path::new(BLOG).parent().unwrap().display().to_string();
    let mut shell = site.command("bash");
    let path =
        std::env::join_paths([PathBuf::from(bin)].into_iter().chain(["/usr/bin".into(), "/bin".into()])).unwrap();
    shell.args(["-eo", "pipefail", "-c", command]).env("PATH", path).env("CI", "true").env("GITHUB_PATH", "/dev/null");
    let output = shell.envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

fn each_workflow_fits_the_schema_of_its_forge_and_does_what_it_says() -> Result<(), Skip> {
    for (forge, file, schema) in FORGES {
        // As it comes with a new blog.
        let new = Site::empty().run(&["init", "new", "--ci", forge]).exit(0).stderr_has(file).then();
        fits(&new.path("new").join(file), schema)?;
        // In a blog that publishes, with secrets.
        let (host, counter) = (Host::start(), guard::counting());
        let settings = format!(
            "title = \"Test\"\nbase_url = \"{}\"\ntimezone = \"UTC\"\n[publish.www]\nkind = \"folder\"\nto = \"www\"\nping_env = \"ALARM\"\n\
             [[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"{}\"\nsite = \"blog\"\n",
            host.url(),
            counter.url()
        );
        let site = Site::empty().file("site.toml", settings).post("a.md", "one").variable("ALARM", &host.url());
        host.serves(site.path("www"));
        let site = site.build().exit(0).then().run(&["init", ".", "--ci", forge]).exit(0).then();
        let path = site.path(file);
        fits(&path, schema)?;
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("{version}") && !text.contains("{target}") && !text.contains("{environment}"), "{text}");
        assert!(forge == "gitlab" || text.contains("ALARM"), "{forge}: the settings name a secret");
        let workflow = read(&path);
        for job in ["propose", "publish", "watch"] {
            let commands = commands(forge, &workflow, job);
            assert!(commands.len() >= 2, "{forge}, {job}: {commands:?}");
            for command in commands {
                let (code, said) = step(&site, &command, &[]);
                assert_eq!(code, Some(0), "{forge}, {job}: {command}\n{said}");
            }
        }
        assert!(site.path("www/posts/a/index.html").is_file(), "{forge}");
        // Drift stops it before anything is sent.
        let text = fs::read_to_string(site.path("site.toml")).unwrap().replace("site = \"blog\"", "site = \"other\"");
        let site = site.file("site.toml", text).post("a.md", "drifted");
        let commands = commands(forge, &workflow, "publish");
        let publish = commands.iter().find(|command| command.contains("blog publish")).unwrap();
        let (code, said) = step(&site, publish, &[]);
        assert_eq!(code, Some(3), "{forge}: {said}");
        assert!(!fs::read_to_string(site.path("www/posts/a/index.html")).unwrap().contains("drifted"), "{forge}");
    }
    Ok(())
}

fn the_action_guards_what_another_generator_made() -> Result<(), Skip> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("action/action.yml");
    fits(&file, "vendor.github-actions")?;
    let action = read(&file);
    let counter = guard::counting();
    let snippet = format!("<script data-goatcounter=\"{0}count\" async src=\"{0}count.js\"></script>", counter.url());
    let page =
        |body: &str| format!("<!doctype html><html lang=en><head><title>T</title></head><body>{body}</body></html>");
    let site = Site::empty().file("public/index.html", page(&snippet)).file("public/a/index.html", page(&snippet));
    let site = site.run(&["check", "--init", "public"]).exit(0).then();
    let steps = action["runs"]["steps"].as_sequence().unwrap().clone();
    let run = |site: &Site| -> Vec<(Option<i32>, String)> {
        let own = steps.iter().filter_map(|step| step.get("run").and_then(Value::as_str));
        own.map(|command| step(site, command, &[("FOLDER", "public"), ("CONFIG", "site.toml"), ("LIVE", "false")]))
            .collect()
    };
    for (code, said) in run(&site) {
        assert_eq!(code, Some(0), "{said}");
    }
    let site = site.file("public/a/index.html", page("no snippet"));
    let outcome = run(&site);
    assert_eq!(outcome[1].0, Some(3), "{}", outcome[1].1);
    assert!(outcome[1].1.contains("::error"), "{}", outcome[1].1);
    assert!(fs::read_to_string(site.path("watchpost-report.html")).unwrap().contains("snippet"));
    Ok(())
}

fn a_workflow_is_never_written_over_another() {
    let site = Site::new().file(".gitlab-ci.yml", "mine");
    let site = site.run(&["init", ".", "--ci", "gitlab"]).exit(2).stderr_has("is there already").then();
    assert_eq!(fs::read_to_string(site.path(".gitlab-ci.yml")).unwrap(), "mine");
    site.run(&["init", ".", "--ci", "gitlb"]).exit(2).stderr_has("gitlab");
}
