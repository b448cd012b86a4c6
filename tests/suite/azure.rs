//! Publishing into Azure's blobs: Azurite, which Microsoft makes for tests (npm, put into `target/tools` by `.ci/run`).

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::harness::{Skip, tests};
use crate::site::{Site, tree};
use crate::store_server::told;

tests![azure_gets_what_was_built_and_gives_it_back, parts_meet_and_share_what_they_made_in_azure,];

/// The account that Azurite is born with; its key is in its documentation, and so no secret.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Makes a container that everybody may read; only this needs a signature that Rust's own library cannot make.
const CONTAINER: &str = "
import base64, datetime, hashlib, hmac, sys, urllib.request
account, key, port = sys.argv[1], base64.b64decode(sys.argv[2]), sys.argv[3]
now = datetime.datetime.now(datetime.timezone.utc).strftime('%a, %d %b %Y %H:%M:%S GMT')
headers = {'x-ms-blob-public-access': 'container', 'x-ms-date': now, 'x-ms-version': '2020-10-02'}
named = ''.join(f'{name}:{value}\\n' for name, value in headers.items())
text = 'PUT' + '\\n' * 12 + named + f'/{account}/{account}/blog\\nrestype:container'
sign = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
headers.update({'Authorization': f'SharedKey {account}:{sign}', 'Content-Length': '0'})
address = f'http://127.0.0.1:{port}/{account}/blog?restype=container'
urllib.request.urlopen(urllib.request.Request(address, method='PUT', headers=headers))
";

/// A running store with the container `blog`.
struct Azurite {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Azurite {
    fn start() -> Result<Azurite, Skip> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/node_modules/azurite");
        let program = tools.join("dist/src/blob/main.js");
        if !program.is_file() {
            return Err(Skip("azurite is not in target/tools, where `.ci/run` puts it".to_owned()));
        }
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new("node")
            .arg(program)
            .args(["--blobPort", "0", "--disableTelemetry", "--location"])
            .arg(folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Skip(format!("node does not run: {error}")))?;
        let mut lines = BufReader::new(process.stdout.take().expect("it was asked for"));
        let mut line = String::new();
        let port: u16 = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("it speaks") > 0, "azurite ended");
            if let Some((_, rest)) = line.split_once("listens on http://127.0.0.1:") {
                break rest.trim().parse().expect("a port");
            }
        };
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let azurite = Azurite { process, port, _folder: folder };
        let made = Command::new("python3").args(["-c", CONTAINER, ACCOUNT, KEY, &port.to_string()]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Ok(azurite)
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}", self.port)
    }

    fn file(&self, path: &str) -> (u16, crate::store_server::Told) {
        told(self.port, &format!("GET /{ACCOUNT}/blog/{path} HTTP/1.1"), &[])
    }

    fn assert_holds(&self, prefix: &str, site: &Site, when: &str) {
        for (path, bytes) in tree(&site.path("public")) {
            let (status, (_, there)) = self.file(&format!("{prefix}/{path}"));
            assert!(status == 200 && there == bytes, "{when}: `{path}` ({status})");
        }
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn site(settings: &str) -> Site {
    let site = Site::new().post("a.md", "one").post("b.md", "two").file("static/pic.css", "a {}").config(settings);
    site.variable("AZURE_STORAGE_ACCOUNT_KEY", KEY)
}

fn azure_gets_what_was_built_and_gives_it_back() -> Result<(), Skip> {
    let azurite = Azurite::start()?;
    let settings = format!(
        "[publish.azure]\nkind = \"azure\"\nto = \"az://blog/here\"\naccount = \"{ACCOUNT}\"\nendpoint = \"{}\"\ncheck_live = false\n",
        azurite.endpoint()
    );
    let site = site(&settings).run(&["publish"]).exit(0).stderr_has("the first deployment there").stderr_lacks(KEY);
    let site = site.then();
    azurite.assert_holds("here", &site, "at first");
    let (_, (headers, first)) = azurite.file("here/index.html");
    assert_eq!(
        (headers["content-type"].as_str(), headers["cache-control"].as_str()),
        ("text/html; charset=utf-8", "no-cache")
    );
    let site = site.run(&["publish"]).exit(0).stderr_has("nothing to do").then();
    let site =
        site.post("a.md", "one, again").file("content/posts/c.md", "+++\ntitle = \"C\"\ndate = 2026-01-03\n+++\n\nc\n");
    let site = site.run(&["publish"]).exit(0).then();
    azurite.assert_holds("here", &site, "after an edit");
    assert_ne!(azurite.file("here/index.html").1.1, first);
    fs::remove_file(site.path("content/posts/c.md")).unwrap();
    let site = site.run(&["publish", "--remove-many"]).exit(0).then();
    let site = site.post("b.md", "two, again").run(&["publish"]).exit(0).then();
    assert_eq!(azurite.file("here/posts/c/index.html").0, 404, "given up, and a deployment later removed");
    let site = site.run(&["rollback"]).exit(0).then();
    let (_, (_, back)) = azurite.file("here/posts/b/index.html");
    assert!(!String::from_utf8_lossy(&back).contains("two, again"));
    // Whoever may not write is told so, without the key.
    let other = KEY.replacen("Eby8", "Zby8", 1);
    let run = site.variable("AZURE_STORAGE_ACCOUNT_KEY", &other).run(&["publish"]).exit(6);
    run.stderr_has("publish/denied").stderr_lacks(&other);
    Ok(())
}

fn parts_meet_and_share_what_they_made_in_azure() -> Result<(), Skip> {
    let azurite = Azurite::start()?;
    let settings = format!(
        "[cache]\nremote = \"az://blog/cache\"\naccount = \"{ACCOUNT}\"\nendpoint = \"{}\"\n",
        azurite.endpoint()
    );
    let wanted = site("").build().exit(0).site.public();
    let part = |part: &str| site(&settings).run(&["build", "--shard", part, "--stage", "az://blog/stage"]).exit(0);
    part("1/2").stderr_has("still to come").stderr_lacks("cache/alone");
    assert_eq!(part("2/2").stderr_lacks("cache/alone").site.public(), wanted);
    // The mark is there once only.
    assert_eq!(part("1/2").site.public(), wanted);
    Ok(())
}
