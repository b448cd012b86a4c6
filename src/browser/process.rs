//! Owns the browser's process: it alone in this program starts another one for its own ends, and it ends it, with all
//! its children and its folder, whichever way the run goes.
//!
//! The browser is spoken to through a pipe, so that no port of it is open. Its folder is new and temporary, its
//! environment nearly empty. Refuses to know what is said: that is `protocol`'s.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process_group};
use tempfile::TempDir;

/// How long a browser may take to leave when it is told to.
const FAREWELL: Duration = Duration::from_secs(3);
/// How much of its complaints is kept.
const COMPLAINTS: usize = 4 << 10;
/// The browser reads commands from descriptor 3 and answers on 4. The shell stays until it has gone, and then removes its
/// folder, so that nothing is left behind even if this program is killed: the pipe closes, and the browser leaves.
const SCRIPT: &str = "folder=$1; shift; \"$@\" 3<&0 4>&1 </dev/null >/dev/null; rm -rf -- \"$folder\"";
/// The flags of every run. What a flag is for stands beside it where its name does not say it.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--mute-audio",
    "--window-size=1280,800",
    // Pages that nobody looks at run as if somebody did.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    // An ordinary browser: `navigator.webdriver` is false.
    "--disable-blink-features=AutomationControlled",
    // Nothing but proxied connections: no names are looked up, no datagrams sent.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    // A site that is on http is visited on http; what is asked of this machine is asked of the proxy.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LocalNetworkAccessChecks,\
     OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider,AutofillServerCommunication,\
     CertificateTransparencyComponentUpdater,NetworkTimeServiceQuerying",
];

/// A running browser.
pub(super) struct Process {
    child: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<String>,
    complaints: Arc<Mutex<Vec<u8>>>,
    /// Removed when this is dropped.
    _folder: TempDir,
}

/// Why nothing more was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Not before this moment.
    Late,
    /// It has gone.
    Gone,
}

impl Process {
    /// Starts a browser whose connections all go to a proxy, and which trusts one public key.
    pub(super) fn start(
        program: &Path,
        proxy: &str,
        key: &str,
        path: Option<&std::ffi::OsStr>,
    ) -> Result<Process, String> {
        let folder = tempfile::Builder::new()
            .prefix("blog-browser-")
            .tempdir()
            .map_err(|error| format!("no temporary folder can be made: {error}"))?;
        let home = folder.path();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(home).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", home.join("profile").display()));
        command.arg(format!("--proxy-server={proxy}"));
        command.arg(format!("--ignore-certificate-errors-spki-list={key}"));
        // Chromium's own fence needs another user than root.
        if getuid().is_root() {
            command.arg("--no-sandbox");
        }
        command.arg("about:blank");
        command.env_clear().envs(path.map(|path| ("PATH", path)));
        command.env("HOME", home).env("TMPDIR", home).env("LANG", "C.UTF-8");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.current_dir(home).process_group(0);
        let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
        let (Some(commands), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("it has no pipes".to_owned());
        };
        let (sender, answers) = channel();
        thread::spawn(move || {
            let messages = BufReader::with_capacity(1 << 16, stdout).split(0);
            for message in messages.map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&message).into_owned()).is_err() {
                    return;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&complaints);
        thread::spawn(move || {
            let mut stderr = stderr;
            let mut piece = [0; 1024];
            while let Ok(read @ 1..) = stderr.read(&mut piece) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&piece[..read]);
                let surplus = kept.len().saturating_sub(COMPLAINTS);
                kept.drain(..surplus);
            }
        });
        Ok(Process { child, commands: Some(commands), answers, complaints, _folder: folder })
    }

    /// Sends one message.
    pub(super) fn say(&mut self, message: &str) -> Result<(), Silence> {
        let commands = self.commands.as_mut().ok_or(Silence::Gone)?;
        let sent = commands.write_all(message.as_bytes()).and_then(|()| commands.write_all(&[0]));
        sent.and_then(|()| commands.flush()).map_err(|_| Silence::Gone)
    }

    /// Waits for one message.
    pub(super) fn hear(&mut self, until: Instant) -> Result<String, Silence> {
        let left = until.saturating_duration_since(Instant::now());
        self.answers.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Silence::Late,
            RecvTimeoutError::Disconnected => Silence::Gone,
        })
    }

    /// Returns the last line that it complained in, if there is one.
    pub(super) fn complaint(&self) -> Option<String> {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&complaints);
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.say("{\"id\":0,\"method\":\"Browser.close\"}");
        // A closed pipe says it again.
        self.commands = None;
        let until = Instant::now() + FAREWELL;
        while self.hear(until).is_ok() {}
        // Whoever has not gone is ended: the group has the number of its first process, which is not free before `wait`.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
