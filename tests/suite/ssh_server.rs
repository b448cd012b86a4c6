//! A real sshd on loopback, with keys of its own, for whoever runs the tests.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::Skip;

/// A running server.
pub(crate) struct Sshd {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Sshd {
    /// Starts one, if it, ssh and rsync are there.
    pub(crate) fn start() -> Result<Sshd, Skip> {
        let program = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).is_file());
        let program = program.ok_or_else(|| Skip("sshd is not installed".to_owned()))?;
        for name in ["ssh", "rsync", "ssh-keygen"] {
            let is_there = Command::new(name).arg("--version").stdin(Stdio::null()).output().is_ok();
            if !is_there {
                return Err(Skip(format!("{name} is not installed")));
            }
        }
        // Where its unprivileged half is locked in.
        if fs::create_dir_all("/run/sshd").is_err() && !Path::new("/run/sshd").is_dir() {
            return Err(Skip("sshd needs the folder /run/sshd, which cannot be made".to_owned()));
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["host", "key"] {
            let path = folder.path().join(name);
            let output = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).output();
            assert!(output.expect("it was found").status.success());
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a free port").port();
        let at = folder.path().display();
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/key.pub\nStrictModes no\nUsePAM no\n\
             PidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n"
        );
        fs::write(folder.path().join("config"), settings).expect("a file can be written");
        let process = Command::new(program)
            .args(["-D", "-f"])
            .arg(folder.path().join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it was found");
        let server = Sshd { process, folder, port };
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "sshd does not listen");
            std::thread::yield_now();
        }
        Ok(server)
    }

    /// Returns the options of a client, as site.toml has them.
    pub(crate) fn options(&self) -> String {
        let key = self.folder.path().join("key").display().to_string();
        let port = self.port.to_string();
        let options = ["-p", &port, "-i", &key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
        options.map(|option| format!("\"{option}\"")).join(", ")
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
