//! A real GoatCounter on loopback: made by `tests/servers/goatcounter/build.sh`, started on a free
//! port, ended by its own process id when dropped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The releases that the tests run.
pub(crate) const VERSIONS: [&str; 3] = ["2.5.0", "2.6.0", "2.7.0"];

/// Where the servers were built, or why they could not be.
fn built() -> &'static Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/servers/goatcounter");
        if VERSIONS.iter().all(|version| folder.join(version).join("origin").is_file()) {
            return Ok(folder);
        }
        if Command::new("go").arg("version").output().is_err() {
            return Err("Go is not installed, so that no GoatCounter can be built".to_owned());
        }
        let output = Command::new("bash")
            .arg(root.join("tests/servers/goatcounter/build.sh"))
            .arg(&folder)
            .output()
            .map_err(|error| format!("`bash` does not run: {error}"))?;
        match output.status.success() {
            true => Ok(folder),
            false => Err(format!("GoatCounter was not built: {}", String::from_utf8_lossy(&output.stderr))),
        }
    })
}

/// Returns why no GoatCounter can run here, if so.
pub(crate) fn missing() -> Option<String> {
    built().as_ref().err().cloned()
}

/// Says of each version whether it is the released server or the newest one stamped as it.
pub(crate) fn origins() -> Vec<String> {
    let Ok(folder) = built() else { return Vec::new() };
    VERSIONS
        .iter()
        .map(|version| {
            let origin = fs::read_to_string(folder.join(version).join("origin")).unwrap_or_default();
            match origin.trim() {
                "released" => format!("GoatCounter {version}: the released server"),
                _ => format!(
                    "GoatCounter {version}: the module proxy refuses it; 2.7.0 stamped {version} stands in, serving the tracker bytes of {version}"
                ),
            }
        })
        .collect()
}

/// One database, served by one version at a time, always on the same port.
pub(crate) struct GoatCounter {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Child>,
}

impl GoatCounter {
    /// Creates a database with one site, and starts this version on it.
    pub(crate) fn start(version: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = GoatCounter { folder, port: free_port(), running: None };
        let output = server
            .command(version)
            .args(["db", "create", "site", "-createdb", "-vhost", "stats.example", "-user.email", "ada@example.org"])
            .args(["-user.password", "not a secret", "-db", &server.database()])
            .output()
            .expect("goatcounter runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.serve(version);
        server
    }

    /// Creates a database with a real site, `stats.localhost`, and a canary, `canary.localhost`, and starts this version on it.
    pub(crate) fn with_canary(version: &str) -> Self {
        let mut server =
            GoatCounter { folder: tempfile::tempdir().expect("a temporary folder"), port: free_port(), running: None };
        let create = |arguments: &[&str]| {
            let database = server.database();
            let mut command = server.command(version);
            let output = command.args(["db", "create"]).args(arguments).args(["-db", &database]).output();
            let output = output.expect("goatcounter runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let user = ["-user.email", "ada@example.org", "-user.password", "not a secret"];
        create(&[["site", "-createdb", "-vhost", "stats.localhost"].as_slice(), &user].concat());
        create(&["site", "-vhost", "canary.localhost", "-link", "stats.localhost"]);
        create(&["apitoken", "-name", "read-back", "-user", "1", "-perm", "count"]);
        // What the web interface offers and the command line does not: reading statistics (64) of both sites.
        server.query("update api_tokens set permissions = 66, sites = '[1,2]'");
        server.serve(version);
        server
    }

    /// Returns the token that reads the statistics of both sites, and counts on both.
    pub(crate) fn token(&self) -> String {
        self.query("select token from api_tokens").pop().expect("a token was created")
    }

    /// Returns the real site's endpoint as it stands in site.toml.
    pub(crate) fn real_site(&self) -> String {
        format!("http://stats.localhost:{}/", self.port)
    }

    /// Returns the rows that an SQL query gives, as CSV and without their head.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let mut command = self.command("2.7.0");
        let output = command.args(["db", "query", "-format", "csv", "-db", &self.database(), sql]).output();
        let output = output.expect("goatcounter runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    }

    /// Ends the running version and starts another one on the same database.
    pub(crate) fn upgrade(&mut self, version: &str) {
        self.stop();
        self.serve(version);
    }

    /// Ends the running version.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("our own child can be ended");
            child.wait().expect("our own child can be waited for");
        }
    }

    /// Returns the port that it listens on, whether it runs or not.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns its endpoint as it stands in site.toml.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Returns how many rows `hits`, `bots` and `paths` have.
    pub(crate) fn rows(&self) -> Vec<(&'static str, u64)> {
        ["hits", "bots", "paths"].map(|table| (table, self.count(table))).to_vec()
    }

    fn count(&self, table: &str) -> u64 {
        let output = self
            .command("2.7.0")
            .args(["db", "query", "-format", "csv", "-db", &self.database(), &format!("select count(*) from {table}")])
            .output()
            .expect("goatcounter runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("no count in {text:?}"))
    }

    fn serve(&mut self, version: &str) {
        let mut child = self
            .command(version)
            .args(["serve", "-automigrate", "-tls", "http", "-listen", &format!("127.0.0.1:{}", self.port)])
            .args(["-db", &self.database()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("goatcounter runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("ready"));
        assert!(ready, "goatcounter {version} ended before it was ready");
        // Keep reading, so that the server never waits for somebody to take its log.
        std::thread::spawn(move || lines.for_each(drop));
        self.running = Some(child);
    }

    fn command(&self, version: &str) -> Command {
        let folder = built().as_ref().expect("checked by `missing`");
        let mut command = Command::new(folder.join(version).join("goatcounter"));
        command.current_dir(self.folder.path());
        command
    }

    fn database(&self) -> String {
        format!("sqlite+{}", self.folder.path().join("stats.sqlite3").display())
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

impl Drop for GoatCounter {
    fn drop(&mut self) {
        self.stop();
    }
}
