//! `blog publish` and `blog rollback` by the real program: into a real S3 API with a gate before it, over a real sshd, into a real
//! repository, into a folder that a web server serves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::guard;
use crate::harness::{Skip, tests};
use crate::live::Host;
use crate::server::{Answer, Server};
use crate::site::{Site, tree};
use crate::ssh_server::Sshd;
use crate::store_server::{Deed, Gate, Moto};

tests![
    a_store_gets_what_was_built_with_its_types_and_gives_it_back,
    wherever_a_store_fails_no_page_lacks_an_asset_and_the_next_run_converges,
    of_two_publishers_the_second_stops_with_a_conflict,
    refused_credentials_are_said_and_never_shown,
    ten_changed_files_of_many_cost_a_handful_of_requests,
    a_deployment_whose_live_site_drifts_is_taken_back,
    whoever_waits_for_a_sign_of_life_gets_it_only_if_all_was_verified,
    caches_are_told_exactly_what_changed,
    a_branch_gets_a_commit_and_keeps_what_is_not_ours,
    a_server_gets_a_release_beside_the_old_one_and_one_link_is_exchanged,
    what_a_host_would_refuse_is_said_before,
    a_target_that_is_not_there_or_not_clear_is_refused,
];

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

/// The settings of a target in a store behind this port.
fn store(port: u16, prefix: &str) -> String {
    format!(
        "[publish.store]\nkind = \"s3\"\nto = \"s3://blog/{prefix}\"\nendpoint = \"http://127.0.0.1:{port}\"\nregion = \"us-east-1\"\ncheck_live = false\n"
    )
}

fn credentials(site: Site) -> Site {
    site.variable("AWS_ACCESS_KEY_ID", ID).variable("AWS_SECRET_ACCESS_KEY", SECRET)
}

/// A blog of a few posts.
fn blog() -> Site {
    Site::new().post("a.md", "one").post("b.md", "two").file("static/pic.css", "a {}")
}

/// Builds, and keeps the output under a name.
fn built(site: Site, name: &str) -> Site {
    let site = site.build().exit(0).then();
    fs::rename(site.path("public"), site.path(name)).unwrap();
    site
}

/// Returns the local addresses that a page names in `src` and `href`, of files and not of pages.
fn named(html: &str) -> Vec<String> {
    let after = |mark: &str| html.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>();
    let all = [after(" href=\""), after(" src=\"")].concat().into_iter();
    let local = all.filter_map(|url| url.strip_prefix("https://blog.example/").or_else(|| url.strip_prefix('/')));
    let files = local.filter(|path| path.rsplit('/').next().is_some_and(|name| name.contains('.')));
    files.map(|path| path.split(['?', '#']).next().unwrap().to_owned()).collect()
}

/// Asserts that every page of a place finds what it names.
fn assert_whole(files: &BTreeMap<String, Vec<u8>>, when: &str) {
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        for name in named(&String::from_utf8_lossy(bytes)) {
            assert!(files.contains_key(&name), "{when}: `{path}` names `{name}`, which is not there");
        }
    }
}

fn in_store(moto: &Moto, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let keys = moto.keys(prefix).into_iter();
    keys.map(|key| (key.clone(), moto.file(&format!("{prefix}/{key}")).unwrap().1)).collect()
}

/// Asserts that a place has every file of a folder.
fn assert_holds(files: &BTreeMap<String, Vec<u8>>, folder: &Path, when: &str) {
    for (path, bytes) in tree(folder) {
        assert_eq!(files.get(&path), Some(&bytes), "{when}: `{path}`");
    }
}

fn a_store_gets_what_was_built_with_its_types_and_gives_it_back() -> Result<(), Skip> {
    let moto = Moto::start()?;
    assert_eq!(moto.ask("PUT", "/blog/here/foreign.txt", b"mine").0, 200);
    let site = credentials(blog().config(&store(moto.port, "here")));
    let run = site.run(&["publish"]).exit(0).stderr_has("the first deployment there");
    let site = run.stderr_lacks(SECRET).then();
    assert_holds(&in_store(&moto, "here"), &site.path("public"), "at first");
    let first = tree(&site.path("public"));
    for (path, kind, cache) in [
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("pic.css", "text/css; charset=utf-8", "public, max-age=3600"),
        ("sitemap.xml", "application/xml", "no-cache"),
    ] {
        let (headers, _) = moto.file(&format!("here/{path}")).unwrap();
        assert_eq!((headers["content-type"].as_str(), headers["cache-control"].as_str()), (kind, cache), "{path}");
    }
    let site = site.run(&["publish", "store"]).exit(0).stderr_has("nothing to do").then();
    let site = site.post("a.md", "one, again").run(&["publish", "--dry-run"]).exit(0);
    let site = site.stderr_has("write posts/a/index.html").stderr_lacks("posts/b/index.html").then();
    let told = String::from_utf8(moto.file("here/posts/a/index.html").unwrap().1).unwrap();
    assert!(!told.contains("again"), "a dry run changes nothing");
    let site = site.run(&["publish"]).exit(0).then();
    assert_holds(&in_store(&moto, "here"), &site.path("public"), "after an edit");
    let run = site.run(&["rollback", "--format", "json"]).exit(0).stdout_has("\"type\":\"publish\"");
    let back = in_store(&moto, "here");
    for (path, bytes) in &first {
        assert_eq!(back.get(path), Some(bytes), "after going back: `{path}`");
    }
    assert_eq!(back["foreign.txt"], b"mine");
    // Compressed, a browser gets the same.
    let text = fs::read_to_string(run.site.path("site.toml")).unwrap().replace("/here\"", "/packed\"\ncompress = true");
    run.then().file("site.toml", text).run(&["publish"]).exit(0);
    let (headers, bytes) = moto.file("packed/index.html").unwrap();
    assert_eq!((headers["content-encoding"].as_str(), &bytes[..2]), ("gzip", [0x1f, 0x8b].as_slice()));
    Ok(())
}

fn wherever_a_store_fails_no_page_lacks_an_asset_and_the_next_run_converges() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    // Pages name stylesheets with their digest: a page that goes out first would name what is not there.
    let site = credentials(blog().config("[assets]\nfingerprint = true\n"));
    let site = built(site.file("static/paper.css", "a {}"), "one");
    let site = site.file("static/paper.css", "b {}").post("a.md", "other").post("c.md", "new");
    fs::remove_file(site.path("content/posts/b.md")).unwrap();
    let mut site = built(site, "two");
    let settings = fs::read_to_string(site.path("site.toml")).unwrap();
    let mut swept = 0;
    // That a single failure, or a connection that is cut, does no harm either, is shown over a store in memory.
    for (kind, deed, is_for_ever, step) in [
        ("500 from then on", Deed::Refuse(500, "InternalError"), true, 1),
        ("cut from then on", Deed::Cut, true, 5),
        ("answer lost", Deed::CutAnswer, false, 5),
    ] {
        for number in (0..).step_by(step) {
            let when = format!("{kind} at request {number}");
            let prefix = when.replace(' ', "-");
            gate.rule(|_, _| Deed::Pass);
            assert_eq!(moto.ask("PUT", &format!("/blog/{prefix}/foreign.txt"), b"mine").0, 200);
            site = site.file("site.toml", format!("{settings}{}", store(gate.port, &prefix)));
            site = site.run(&["publish", "--from", "one"]).exit(0).then();
            gate.rule(move |n, _| if n == number || is_for_ever && n > number { deed } else { Deed::Pass });
            let run = site.run(&["publish", "--from", "two", "--remove-many"]);
            let (is_over, code) = (gate.asked().len() <= number, run.code);
            assert!(code == Some(0) || code == Some(6), "{when}: {code:?}\n{}", run.stderr);
            assert!(!is_over || code == Some(0), "{when}: {}", run.stderr);
            assert_whole(&in_store(&moto, &prefix), &when);
            gate.rule(|_, _| Deed::Pass);
            site = run.then().run(&["publish", "--from", "two", "--remove-many"]).exit(0).then();
            let files = in_store(&moto, &prefix);
            assert_whole(&files, &when);
            assert_holds(&files, &site.path("two"), &when);
            assert_eq!(files["foreign.txt"], b"mine", "{when}");
            site = site.run(&["publish", "--from", "two"]).exit(0).stderr_has("nothing to do").then();
            if is_over {
                break;
            }
            swept += 1;
        }
    }
    assert!(swept > 20, "only {swept} requests were tried");
    Ok(())
}

fn of_two_publishers_the_second_stops_with_a_conflict() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let site = credentials(blog().config(&store(gate.port, "shared")));
    let site = built(site.run(&["publish"]).exit(0).then(), "one");
    let site = built(site.post("a.md", "mine"), "mine");
    let site = Arc::new(built(site.post("a.md", "theirs"), "theirs"));
    // While the first is about to write its page, the second comes.
    let other = Arc::clone(&site);
    let (sender, receiver) = std::sync::mpsc::channel();
    let direct = store(moto.port, "shared");
    gate.rule(move |_, what| {
        if what == "PUT /blog/shared/posts/a/index.html" {
            let settings = other.path("other.toml");
            let text = fs::read_to_string(other.path("site.toml")).unwrap();
            let kept = text.split("[publish.store]").next().unwrap();
            fs::create_dir_all(settings.parent().unwrap().join("elsewhere")).unwrap();
            fs::write(other.path("elsewhere/site.toml"), format!("{kept}{direct}")).unwrap();
            let mut command = other.command(crate::site::BLOG);
            command.args(["publish", "--from", "theirs", "--root", "elsewhere"]);
            let output = command.output().unwrap();
            sender.send((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())).unwrap();
        }
        Deed::Pass
    });
    let mut command = site.command(crate::site::BLOG);
    let first = command.args(["publish", "--from", "mine"]).output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let (code, said) = receiver.try_recv().expect("the second came");
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("publish/conflict") && said.contains("right now"), "{said}");
    assert_holds(&in_store(&moto, "shared"), &site.path("mine"), "the first won");
    Ok(())
}

fn refused_credentials_are_said_and_never_shown() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let mut site = credentials(blog().config(&store(gate.port, "x")));
    for (status, code) in [
        (403, "AccessDenied"),
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        (403, "RequestTimeTooSkewed"),
        (401, "Unauthorized"),
        (507, "InsufficientStorage"),
    ] {
        gate.rule(move |_, what| if what.starts_with("PUT") { Deed::Refuse(status, code) } else { Deed::Pass });
        let run = site.run(&["publish"]).exit(6).stderr_has("published.json");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(ID) && !said.contains(SECRET) && !said.contains("Signature="), "{said}");
        assert_eq!(in_store(&moto, "x"), BTreeMap::new(), "{code}");
        site = run.then();
    }
    let site = site.variable("AWS_SECRET_ACCESS_KEY", "").variable("AWS_ACCESS_KEY_ID", "");
    site.variable("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9").run(&["publish"]).exit(6);
    Ok(())
}

fn ten_changed_files_of_many_cost_a_handful_of_requests() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let site = credentials(Site::new().config(&store(gate.port, "many")));
    let site = (0..300).fold(site, |site, n| site.file(&format!("static/t/{n}.txt"), format!("{n}")));
    let site = site.run(&["publish"]).exit(0).then();
    let site = (0..10).fold(site, |site, n| site.file(&format!("static/t/{n}.txt"), format!("other {n}")));
    gate.rule(|_, _| Deed::Pass);
    site.run(&["publish"]).exit(0).stderr_has("sent");
    let asked = gate.asked().len();
    // Each is kept, written and read back; the rest is the manifest, its list and the record.
    assert!(asked <= 3 * 10 + 14, "{asked} requests: {:#?}", gate.asked());
    Ok(())
}

/// A blog whose folder a host serves, published there.
fn hosted(host: &Host, more: &str) -> Site {
    let settings = format!("title = \"Test\"\nbase_url = \"{}\"\ntimezone = \"UTC\"\n", host.url());
    let target = format!("[publish.www]\nkind = \"folder\"\nto = \"www\"\n{more}");
    let site = Site::empty().file("site.toml", settings + &target).post("a.md", "one").post("b.md", "two");
    host.serves(site.path("www"));
    site
}

fn a_deployment_whose_live_site_drifts_is_taken_back() {
    let (host, counter) = (Host::start(), guard::counting());
    let site = hosted(&host, "");
    let analytics =
        format!("[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"{}\"\nsite = \"blog\"\n", counter.url());
    let site = site.config(&analytics).run(&["publish"]).exit(0).stderr_has("L6 deployed site").then();
    let first = site.path("www/posts/a/index.html");
    let before = fs::read(&first).unwrap();
    // The host takes the snippet out of pages on their way, as a proxy did to somebody.
    let www = site.path("www");
    host.but(move |asked| {
        let path = asked.url.split('?').next()?.trim_start_matches('/').to_owned();
        let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path };
        let text = fs::read_to_string(www.join(&path)).ok()?;
        let begin = text.find("<script data-goatcounter")?;
        let end = begin + text[begin..].find("</script>")? + "</script>".len();
        Some(Answer::new(200, "text/html", &format!("{}{}", &text[..begin], &text[end..])))
    });
    let run = site.post("a.md", "two").run(&["publish"]).exit(3).stderr_has("publish/rolled-back");
    assert_eq!(fs::read(&first).unwrap(), before, "{}", run.stderr);
    // Unknown is no reason to go back.
    host.but(|_| Some(Answer::new(503, "text/plain", "later")));
    let run = run.then().post("a.md", "three").run(&["publish"]).exit(4);
    let _kept = run.stderr_lacks("publish/rolled-back");
    assert!(fs::read_to_string(&first).unwrap().contains("three"));
}

fn whoever_waits_for_a_sign_of_life_gets_it_only_if_all_was_verified() {
    let host = Host::start();
    let alarm = Server::start(|_| Answer::new(200, "text/plain", "ok"));
    let site = hosted(&host, "ping_env = \"ALARM\"\n").variable("ALARM", &format!("{}secret-token", alarm.url()));
    let site = site.run(&["publish", "--no-live"]).exit(0).stderr_lacks("secret-token").then();
    assert!(alarm.asked().is_empty(), "nobody looked at the live site");
    let site = site.post("a.md", "other").run(&["publish"]).exit(0).stderr_lacks("secret-token");
    let site = site.stderr_has("told the address").then();
    assert_eq!(alarm.asked().len(), 1);
    host.but(|asked| asked.url.contains("posts").then(|| Answer::new(503, "text/plain", "later")));
    let site = site.post("a.md", "more").run(&["publish"]).exit(4).then();
    assert!(alarm.asked().is_empty(), "it could not be told whether all is well");
    host.but(|_| None);
    drop(alarm);
    site.run(&["publish"]).exit(6).stderr_has("publish/ping").stderr_lacks("secret-token");
}

fn caches_are_told_exactly_what_changed() {
    let host = Host::start();
    let site =
        hosted(&host, "check_live = false\npurge_file = \"purge.txt\"\npurge_command = [\"tee\", \"told.txt\"]\n");
    let site = site.run(&["publish"]).exit(0).then();
    let site = site.file("static/x.txt", "x").run(&["publish"]).exit(0).then();
    let told = fs::read_to_string(site.path("purge.txt")).unwrap();
    assert_eq!(told, format!("{}x.txt\n", host.url()));
    assert_eq!(fs::read_to_string(site.path("told.txt")).unwrap(), told);
    let text = fs::read_to_string(site.path("site.toml")).unwrap().replace("\"tee\"", "\"false\"");
    let site = site.file("site.toml", text).file("static/x.txt", "y");
    site.run(&["publish"]).exit(6).stderr_has("publish/program");
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn a_branch_gets_a_commit_and_keeps_what_is_not_ours() {
    let site = blog();
    let remote = site.path("remote.git");
    git(site.root(), &["init", "--quiet", "--bare", "remote.git"]);
    let settings = format!("[publish.pages]\nkind = \"git\"\nto = \"{}\"\ncheck_live = false\n", remote.display());
    let site = site.config(&settings).run(&["publish"]).exit(0).stderr_has("the first deployment").then();
    let show = |path: &str| git(&remote, &["show", &format!("pages:{path}")]);
    assert_eq!(show("posts/a/index.html"), site.output("posts/a/index.html"));
    assert_eq!(show(".nojekyll"), "");
    // Somebody else's file, as hosts and people add them.
    git(site.root(), &["clone", "--quiet", "--branch", "pages", "remote.git", "work"]);
    let work = site.path("work");
    fs::write(work.join("CNAME"), "blog.example\n").unwrap();
    git(&work, &["add", "CNAME"]);
    git(&work, &["-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "--quiet", "-m", "Name"]);
    git(&work, &["push", "--quiet"]);
    fs::remove_file(site.path("static/pic.css")).unwrap();
    let site = site.post("a.md", "other").run(&["publish"]).exit(0).then();
    assert_eq!(
        (show("CNAME").as_str(), show("pic.css").as_str()),
        ("blog.example\n", "a {}"),
        "it stays for one deployment"
    );
    let site = site.post("b.md", "other").run(&["publish"]).exit(0).then();
    assert!(!git(&remote, &["ls-tree", "-r", "--name-only", "pages"]).contains("pic.css"));
    let site = site.run(&["publish"]).exit(0).stderr_has("nothing to do").then();
    let commits = git(&remote, &["rev-list", "--count", "pages"]);
    assert_eq!(commits.trim(), "4");
    let _kept = site.run(&["rollback"]).exit(0);
    assert!(show("posts/b/index.html").contains("two") && show("posts/a/index.html").contains("other"));
    assert_eq!(show("CNAME"), "blog.example\n");
}

fn a_server_gets_a_release_beside_the_old_one_and_one_link_is_exchanged() -> Result<(), Skip> {
    let sshd = Sshd::start()?;
    let site = blog();
    let there = site.path("srv/my blog");
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("foreign.txt"), "mine").unwrap();
    let target = format!(
        "[publish.server]\nkind = \"rsync\"\nto = \"localhost:{}\"\nkeep = 1\ncheck_live = false\nssh = [{}]\n",
        there.display(),
        sshd.options()
    );
    let site = site.config(&target).run(&["publish"]).exit(0).stderr_has("the first deployment there").then();
    let current = there.join("current");
    assert_eq!(tree(&current), site.public());
    let first = fs::read_link(&current).unwrap();
    let site = site.run(&["publish"]).exit(0).stderr_has("nothing to do").then();
    let site = site.post("a.md", "two").run(&["publish", "--dry-run"]).exit(0).stderr_has("posts/a/index.html").then();
    assert_eq!(fs::read_link(&current).unwrap(), first);
    // Somebody is at it, or was killed.
    fs::create_dir(there.join(".watchpost-lock")).unwrap();
    let site = site.run(&["publish"]).exit(6).stderr_has("publish/conflict").then();
    assert_eq!(fs::read_link(&current).unwrap(), first);
    let site = site.run(&["publish", "--take-over"]).exit(0).then();
    assert_eq!(tree(&current), site.public());
    let unchanged =
        |release: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(release.join("pic.css")).unwrap());
    assert_eq!(unchanged(&there.join(&first)), unchanged(&current), "what has not changed is linked, and not sent");
    let site = site.run(&["rollback"]).exit(0).then();
    assert_eq!(fs::read_link(&current).unwrap(), first);
    // Releases that nobody can go back to are removed, and nothing else is.
    let site = site.post("a.md", "three").run(&["publish"]).exit(0).then();
    let site = site.post("a.md", "four").run(&["publish"]).exit(0).then();
    let releases = fs::read_dir(there.join("releases")).unwrap().flatten();
    assert_eq!(releases.filter(|entry| entry.path().is_dir()).count(), 2);
    assert_eq!(fs::read_to_string(there.join("foreign.txt")).unwrap(), "mine");
    let text = fs::read_to_string(site.path("site.toml")).unwrap().replace("localhost:", "nosuchuser@localhost:");
    site.file("site.toml", text).run(&["publish"]).exit(6).stderr_has("publish/denied");
    Ok(())
}

fn what_a_host_would_refuse_is_said_before() {
    let site = blog().file("static/a#b.txt", "x").config("[publish.host]\nkind = \"netlify\"\n");
    let site = site.run(&["publish"]).exit(1).stderr_has("publish/limit").stderr_has("nothing was published").then();
    fs::remove_file(site.path("static/a#b.txt")).unwrap();
    let large = fs::File::create(site.path("static/large.bin")).unwrap();
    large.set_len(26 << 20).unwrap();
    let text = fs::read_to_string(site.path("site.toml")).unwrap().replace("netlify", "cloudflare");
    let site = site.file("site.toml", text).run(&["publish"]).exit(1).stderr_has("26 MiB").then();
    fs::remove_file(site.path("static/large.bin")).unwrap();
    site.run(&["publish"]).exit(0).stderr_has("wrangler pages deploy");
}

fn a_target_that_is_not_there_or_not_clear_is_refused() {
    let site = blog().run(&["publish"]).exit(2).stderr_has("publish/target").then();
    let two = "[publish.one]\nkind = \"folder\"\nto = \"a\"\n[publish.two]\nkind = \"folder\"\nto = \"b\"\n";
    let site = site.config(two).run(&["publish", "one", "--dry-run"]).exit(0).stderr_has("would get").then();
    assert!(!site.path("a").exists(), "a dry run makes nothing");
    let site = site.run(&["publish"]).exit(2).stderr_has("names are one, two").then();
    let site = site.run(&["publish", "onne"]).exit(2).stderr_has("did you mean `one`?").then();
    let site = site.run(&["publish", "one", "--from", "nowhere"]).exit(2).then();
    let site = site.run(&["rollback", "one"]).exit(2).stderr_has("there is no earlier deployment").then();
    let three = site.config("[publish.three]\nkind = \"s4\"\nto = \"s3://x\"\n").run(&["publish", "one"]);
    three.exit(2).stderr_has("did you mean `s3`?");
}
