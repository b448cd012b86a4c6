//! Owns tiny_http: it reads the requests that the door has let in, off a private socket, and writes the answers.
//!
//! The socket lies in a folder that only this user may enter. A worker never waits for a client: what is long goes out as a
//! parcel, which the door carries. If tiny_http dies, for want of open files, its socket refuses, and the door starts another.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tiny_http::Server;

use super::clerk::Clerk;

/// How many requests are answered at the same time.
pub(super) const WORKERS: usize = 6;
/// How long an end waits for those who are at work. It is a courtesy: nothing depends on it.
const PATIENCE: Duration = Duration::from_millis(200);

/// A socket that only this user can reach.
pub(super) struct PrivateSocket {
    listener: UnixListener,
    path: PathBuf,
    folder: TempDir,
}

/// A running tiny_http. Its end is the end of this value.
pub(super) struct Inner {
    room: Option<Arc<Room>>,
    ended: Arc<AtomicBool>,
    /// Says nothing; it breaks when the last worker has left.
    workers: Receiver<()>,
}

/// The server and its folder, which has to outlive it: the server ends by a call at its own socket.
struct Room {
    server: Server,
    path: PathBuf,
    folder: TempDir,
}

impl PrivateSocket {
    /// Makes a folder for this user alone, and listens in it.
    pub(super) fn make() -> io::Result<Self> {
        let owner_only = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("blog-serve-").permissions(owner_only).tempdir()?;
        let path = folder.path().join("inner");
        Ok(PrivateSocket { listener: UnixListener::bind(&path)?, path, folder })
    }
}

impl Inner {
    /// Starts tiny_http on a socket.
    pub(super) fn start(socket: PrivateSocket, clerk: &Arc<Clerk>) -> io::Result<Self> {
        let PrivateSocket { listener, path, folder } = socket;
        let server = Server::from_listener(listener, None).map_err(io::Error::other)?;
        let room = Arc::new(Room { server, path, folder });
        let ended = Arc::<AtomicBool>::default();
        let (presence, workers) = mpsc::channel();
        let inner = Inner { room: Some(Arc::clone(&room)), ended: Arc::clone(&ended), workers };
        for _ in 0..WORKERS {
            let (room, ended) = (Arc::clone(&room), Arc::clone(&ended));
            let (presence, clerk) = (presence.clone(), Arc::clone(clerk));
            thread::Builder::new().name("serve-worker".to_owned()).spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    // An error is the call to leave, or tiny_http's last word; then there is nothing more to receive.
                    if let Ok(request) = room.server.recv() {
                        clerk.serve(request, &ended);
                    }
                }
                drop(room);
                drop(presence);
            })?;
        }
        Ok(inner)
    }

    /// Connects to it. It is dead if it refuses.
    pub(super) fn connect(&self) -> io::Result<UnixStream> {
        let room = self.room.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let stream = UnixStream::connect(&room.path)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let Some(room) = self.room.take() else { return };
        for _ in 0..WORKERS {
            room.server.unblock();
        }
        let _ = self.workers.recv_timeout(PATIENCE);
        let folder = room.folder.path().to_owned();
        drop(room);
        // Who is still at work keeps the room; nobody may keep the folder.
        let _ = fs::remove_dir_all(folder);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;
    use crate::serve::exchange::{Answer, Asked, Desk};

    struct Hello;

    impl Desk for Hello {
        fn answer(&self, _: &Asked) -> Answer {
            Answer::text(200, "hello")
        }
    }

    #[test]
    fn nobody_else_may_enter_and_nothing_is_left_behind() {
        let socket = PrivateSocket::make().unwrap();
        let folder = socket.folder.path().to_owned();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let clerk = Arc::new(Clerk::new(Arc::new(Hello), Arc::default(), 1));
        let inner = Inner::start(socket, &clerk).unwrap();
        let stub = clerk.tickets.write();
        let mut stream = inner.connect().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\nx-ticket: 1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer}");
        drop((stub, inner));
        assert!(!folder.exists());
    }
}
