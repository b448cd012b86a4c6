//! Several machines that build one site: parts that meet in a stage, and a cache that they share. Real processes, a real S3 API.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Stdio};

use crate::harness::{Skip, tests};
use crate::images::photo;
use crate::site::{BLOG, Site, tree};
use crate::store_server::{Deed, Gate, Moto};

tests![
    four_parts_in_one_store_make_the_site_of_one_build,
    parts_come_in_any_order_and_more_than_once,
    wherever_the_stage_fails_the_parts_still_meet,
    what_a_stage_has_lost_is_said_and_made_again,
    parts_of_different_sites_never_meet,
    parts_without_a_common_moment_or_a_stage_are_refused,
    the_last_part_publishes,
    a_machine_takes_from_the_cache_what_another_made,
    a_wrong_cache_costs_no_byte,
    a_cache_that_does_not_answer_is_asked_once,
];

/// A blog with lists, feeds, tags, code, pictures that several pages show, and files that are copied.
fn blog() -> Site {
    let mut site = Site::new()
        .config("[images]\nwidths = [40]\ncards = false\n[taxonomies]\ntags = {}\n[paginate]\nby = 5\n")
        .file("static/deep/er/data.bin", vec![7; 70_000])
        .file("static/empty.txt", "")
        .file("content/posts/oven.jpg", photo(120, 80, 1));
    for number in 0..24 {
        let text = format!(
            "+++\ntitle = \"Post {number}\"\ndate = 2026-01-{:02}\ntags = [\"t{}\"]\n+++\n\nText {number}.\n\n```rust\nfn main() {{ {number} }}\n```\n\n![oven](oven.jpg)\n",
            number + 1,
            number % 3
        );
        site = site.file(&format!("content/posts/p{number}.md"), text);
    }
    site
}

/// Another machine with the same sources.
fn copy(site: &Site) -> Site {
    let mut other = Site::empty();
    for (path, bytes) in tree(site.root()) {
        if !path.starts_with("public/") && !path.starts_with(".blog/") && !path.starts_with(".public") {
            other = other.file(&path, bytes);
        }
    }
    store_access(other)
}

fn store_access(site: Site) -> Site {
    site.variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY")
        .variable("AWS_REGION", "us-east-1")
}

/// The site as a single machine builds it.
fn whole(site: &Site) -> BTreeMap<String, Vec<u8>> {
    copy(site).build().exit(0).site.public()
}

fn part(site: Site, part: &str, stage: &str) -> crate::site::Run {
    site.run(&["build", "--shard", part, "--stage", stage])
}

fn four_parts_in_one_store_make_the_site_of_one_build() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let wanted = whole(&blog());
    let machines: Vec<Site> = (0..4).map(|_| copy(&blog())).collect();
    let start = |(index, site): (usize, &Site)| -> Child {
        let mut command = site.command(BLOG);
        command.args(["build", "--shard", &format!("{}/4", index + 1), "--stage", "s3://blog/stage"]);
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", moto.port));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started")
    };
    let children: Vec<Child> = machines.iter().enumerate().map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let finished: Vec<&Site> = machines.iter().filter(|site| site.path("public").exists()).collect();
    assert!(!finished.is_empty(), "nobody put the site together");
    for site in finished {
        let public = site.public();
        assert_eq!(public.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for (path, bytes) in &wanted {
            assert!(public[path] == *bytes, "`{path}` is not what a single build writes");
        }
    }
    let marks = moto.keys("stage").into_iter().filter(|key| key.contains("whole-of-4")).count();
    assert_eq!(marks, 1);
    Ok(())
}

fn parts_come_in_any_order_and_more_than_once() -> Result<(), Skip> {
    let stage = tempfile::tempdir().unwrap();
    let place = stage.path().to_str().unwrap();
    let wanted = whole(&blog());
    let run = part(copy(&blog()), "3/3", place).exit(0).stderr_has("still to come: 2 parts (1, 2)");
    run.has_file("index.html", false);
    part(copy(&blog()), "3/3", place).exit(0).stderr_has("(1, 2)");
    part(copy(&blog()), "1/3", place).exit(0).stderr_has("still to come: 1 part (2)");
    let files = |kind: &str| tree(stage.path()).keys().filter(|path| path.contains(kind)).count();
    let blobs = files("blobs/");
    part(copy(&blog()), "1/3", place).exit(0);
    assert_eq!(files("blobs/"), blobs, "the same again uploads nothing new");
    assert_eq!(part(copy(&blog()), "2/3", place).exit(0).site.public(), wanted);
    // Whoever comes again finds all, and comes to the same.
    assert_eq!(part(copy(&blog()), "1/3", place).exit(0).site.public(), wanted);
    let json = copy(&blog()).run(&["build", "--shard", "1/5", "--stage", place, "--format", "json"]).exit(0);
    json.stdout_has("\"waiting\"").stdout_has("\"missing\":[2,3,4,5]");
    // Another number of parts is another meeting.
    part(copy(&blog()), "1/2", place).exit(0).stderr_has("still to come: 1 part (2)");
    // One part is a whole.
    assert_eq!(part(copy(&blog()), "1/1", place).exit(0).site.public(), wanted);
    Ok(())
}

fn wherever_the_stage_fails_the_parts_still_meet() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let wanted = whole(&blog());
    let endpoint = format!("http://127.0.0.1:{}", gate.port);
    for (kind, deed) in [("refused", Deed::Refuse(500, "InternalError")), ("cut", Deed::Cut)] {
        for number in 0.. {
            let stage = format!("s3://blog/{kind}-{number}");
            let machine = || copy(&blog()).variable("AWS_ENDPOINT_URL", &endpoint);
            gate.rule(|_, _| Deed::Pass);
            part(machine(), "1/2", &stage).exit(0);
            gate.rule(move |n, _| if n >= number { deed } else { Deed::Pass });
            let run = part(machine(), "2/2", &stage);
            let is_over = gate.asked().len() <= number;
            assert!(run.code == Some(0) || run.code == Some(6), "{kind} {number}: {:?}\n{}", run.code, run.stderr);
            assert_eq!(run.code == Some(0), is_over, "{kind} {number}: {}", run.stderr);
            gate.rule(|_, _| Deed::Pass);
            assert_eq!(part(machine(), "2/2", &stage).exit(0).site.public(), wanted, "{kind} {number}");
            if is_over {
                assert!(number >= 6, "only {number} requests were tried");
                break;
            }
        }
    }
    Ok(())
}

fn what_a_stage_has_lost_is_said_and_made_again() -> Result<(), Skip> {
    let stage = tempfile::tempdir().unwrap();
    let place = stage.path().to_str().unwrap();
    let wanted = whole(&blog());
    part(copy(&blog()), "1/2", place).exit(0);
    let blobs = || tree(stage.path()).into_keys().filter(|path| path.starts_with("blobs/")).collect::<Vec<_>>();
    let [blob] = blobs().try_into().expect("a small part is one blob");
    for damage in [None, Some("cut")] {
        match damage {
            None => fs::remove_file(stage.path().join(&blob)).unwrap(),
            Some(text) => fs::write(stage.path().join(&blob), text).unwrap(),
        }
        let run = part(copy(&blog()), "2/2", place).exit(6);
        run.stderr_has("shard/damaged").stderr_has("run `--shard 1/2` again").has_file("index.html", false);
        part(copy(&blog()), "1/2", place).exit(0);
        assert_eq!(part(copy(&blog()), "2/2", place).exit(0).site.public(), wanted);
    }
    Ok(())
}

fn parts_of_different_sites_never_meet() -> Result<(), Skip> {
    let stage = tempfile::tempdir().unwrap();
    let place = stage.path().to_str().unwrap();
    part(copy(&blog()), "1/2", place).exit(0);
    for (path, content) in [
        ("static/empty.txt", "x"),
        ("content/posts/p3.md", "+++\ntitle = \"Other\"\n+++\n\nx\n"),
        ("static/new.txt", ""),
        ("data/new.toml", "a = 1\n"),
    ] {
        let other = copy(&blog()).file(path, content);
        part(other, "2/2", place).exit(0).stderr_has("still to come: 1 part (1)");
    }
    let other = copy(&blog()).variable("SOURCE_DATE_EPOCH", "1800000000");
    part(other, "2/2", place).exit(0).stderr_has("still to come: 1 part (1)");
    copy(&blog())
        .run(&["build", "--shard", "2/2", "--stage", place, "--base-url", "https://other.example/"])
        .exit(0)
        .stderr_has("still to come: 1 part (1)");
    // Another branch of credentials, or another folder, is the same site.
    let same = copy(&blog()).variable("AWS_SESSION_TOKEN", "another");
    part(same, "2/2", place).exit(0).has_file("index.html", true);
    Ok(())
}

fn parts_without_a_common_moment_or_a_stage_are_refused() -> Result<(), Skip> {
    let stage = tempfile::tempdir().unwrap();
    let place = stage.path().to_str().unwrap();
    let run = part(copy(&blog()).variable("SOURCE_DATE_EPOCH", ""), "1/2", place).exit(2);
    run.stderr_has("shard/usage").stderr_has("must mean the same moment").stderr_has("--clock");
    for (arguments, words) in [
        (&["build", "--shard", "1/2"][..], "--stage"),
        (&["build", "--stage", place], "--shard"),
        (&["build", "--shard", "3/2", "--stage", place], "counted from 1"),
        (&["publish", "--from", "public", "--shard", "1/2", "--stage", place], "cannot be used with"),
        (&["build", "--shard", "1/2", "--stage", "ftp://x/y"], "neither the address of a store"),
    ] {
        copy(&blog()).run(arguments).exit(2).stderr_has(words);
    }
    Ok(())
}

fn the_last_part_publishes() -> Result<(), Skip> {
    let (stage, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = stage.path().to_str().unwrap();
    let settings = format!(
        "[publish.folder]\nkind = \"folder\"\nto = \"{}\"\ncheck_live = false\n",
        target.path().join("www").display()
    );
    let machine = || copy(&blog().config(&settings));
    let publish = |site: Site, part: &str| site.run(&["publish", "--shard", part, "--stage", place]);
    publish(machine(), "1/2").exit(0).stderr_has("nothing was published");
    assert!(!target.path().join("www").exists());
    let run = publish(machine(), "2/2").exit(0).stderr_has("the first deployment there");
    for (path, bytes) in run.site.public() {
        assert_eq!(fs::read(target.path().join("www").join(&path)).unwrap(), bytes, "{path}");
    }
    Ok(())
}

/// Returns the names and bytes of the packs of pages that a machine keeps.
fn packs(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let kept = tree(&site.path(".blog/cache/pages")).into_iter();
    kept.filter(|(name, _)| name.ends_with(".pack")).collect()
}

/// A machine that shares a cache behind a gate.
fn sharing(gate: &Gate) -> Site {
    let settings = format!(
        "[cache]\nremote = \"s3://blog/cache\"\nendpoint = \"http://127.0.0.1:{}\"\nregion = \"us-east-1\"\n",
        gate.port
    );
    copy(&blog().config(&settings))
}

fn a_machine_takes_from_the_cache_what_another_made() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let machine = || sharing(&gate);
    let first = machine().build().exit(0).stderr_lacks("cache/alone").stderr_has("leave for others").site;
    let wanted = first.public();
    assert_eq!(wanted, whole(&blog()), "a cache changes no byte");
    gate.rule(|_, _| Deed::Pass);
    let second = machine().build().exit(0).site;
    assert_eq!(second.public(), wanted);
    assert_eq!(packs(&second), packs(&first), "no page was made again");
    let pictures = |site: &Site| tree(&site.path(".blog/cache/images"));
    assert!(!pictures(&first).is_empty());
    assert_eq!(pictures(&second), pictures(&first));
    let asked = gate.asked();
    assert!(!asked.iter().any(|what| what.starts_with("PUT")), "nothing new, nothing left: {asked:?}");
    assert!(asked.len() <= 12, "{asked:?}");
    // An edit leaves what is new, and the next machine has it.
    let edited = "+++\ntitle = \"Edited\"\ndate = 2026-01-04\n+++\n\nEdited.\n";
    let third = machine().file("content/posts/p3.md", edited).build().exit(0).site;
    let fourth = machine().file("content/posts/p3.md", edited).build().exit(0).site;
    assert_eq!((fourth.public(), packs(&fourth)), (third.public(), packs(&third)));
    Ok(())
}

fn a_wrong_cache_costs_no_byte() -> Result<(), Skip> {
    let shared = tempfile::tempdir().unwrap();
    let settings = format!("[cache]\nremote = \"{}\"\n", shared.path().join("cache").display());
    let machine = || copy(&blog().config(&settings));
    let wanted = machine().build().exit(0).site.public();
    let left = tree(shared.path());
    assert!(left.len() >= 7, "{:?}", left.keys());
    for (path, bytes) in &left {
        for damaged in [None, Some(Vec::new()), Some(bytes[..bytes.len() / 2].to_vec()), Some(vec![b'x'; bytes.len()])]
        {
            for (path, bytes) in &left {
                fs::write(shared.path().join(path), bytes).unwrap();
            }
            match damaged {
                None => fs::remove_file(shared.path().join(path)).unwrap(),
                Some(bytes) => fs::write(shared.path().join(path), bytes).unwrap(),
            }
            assert_eq!(machine().build().exit(0).site.public(), wanted, "{path}");
            let again = machine().build().exit(0).site;
            assert_eq!(again.public(), wanted, "{path}, mended");
        }
    }
    Ok(())
}

fn a_cache_that_does_not_answer_is_asked_once() -> Result<(), Skip> {
    let moto = Moto::start()?;
    let gate = Gate::before(moto.port);
    let machine = || sharing(&gate);
    gate.rule(|_, _| Deed::Refuse(403, "AccessDenied"));
    let run = machine().build().exit(0).stderr_has("cache/alone").stderr_lacks("wJalr");
    assert_eq!(run.site.public(), whole(&blog()));
    assert_eq!(gate.asked().len(), 1, "{:?}", gate.asked());
    // It may also end in the middle.
    gate.rule(|_, _| Deed::Pass);
    machine().build().exit(0).stderr_lacks("cache/alone");
    for number in 1..6 {
        gate.rule(move |n, _| if n >= number { Deed::Refuse(403, "AccessDenied") } else { Deed::Pass });
        let run = machine().build().exit(0);
        assert_eq!(run.site.public(), whole(&blog()), "{number}");
    }
    Ok(())
}
