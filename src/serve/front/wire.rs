//! Owns the bytes to and from one client, in the clear or through TLS. It never waits: it says that nothing can be done now.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

/// One client's connection.
pub(super) struct Wire {
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
}

/// Turns "not now" into nothing. An interrupted call is tried again when the socket is ready again, which is at once.
pub(super) fn now(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Wire {
    /// Takes a connection that has just been accepted.
    pub(super) fn new(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let tls = match tls {
            Some(settings) => {
                let tls = ServerConnection::new(Arc::clone(settings)).map_err(io::Error::other)?;
                Some(Box::new(tls))
            }
            None => None,
        };
        Ok(Wire { socket, tls })
    }

    /// Reads what is there: nothing yet, or some bytes, or none at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(tls) = &mut self.tls else { return now(self.socket.read(buffer)) };
        loop {
            if let Some(count) = now(tls.reader().read(buffer))? {
                return Ok(Some(count));
            }
            match now(tls.read_tls(&mut self.socket))? {
                None => return Ok(None),
                Some(0) => return Ok(Some(0)),
                Some(_) => {
                    let processed = tls.process_new_packets();
                    // The handshake's next step, or the alert that says what was wrong.
                    send(tls, &mut self.socket)?;
                    processed.map_err(io::Error::other)?;
                }
            }
        }
    }

    /// Writes what can be taken now, perhaps nothing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return Ok(now(self.socket.write(bytes))?.unwrap_or(0)) };
        send(tls, &mut self.socket)?;
        if tls.wants_write() {
            return Ok(0);
        }
        let count = tls.writer().write(bytes)?;
        send(tls, &mut self.socket)?;
        Ok(count)
    }

    /// Sends what TLS still holds back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => send(tls, &mut self.socket),
            None => Ok(()),
        }
    }

    /// Returns whether TLS holds back something that the socket could not take.
    pub(super) fn holds_back(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Says that nothing more will come.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            send(tls, &mut self.socket)?;
        }
        self.socket.shutdown(Shutdown::Write)
    }
}

/// Sends as much of what TLS has to send as the socket takes.
fn send(tls: &mut ServerConnection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() && now(tls.write_tls(socket))?.is_some() {}
    Ok(())
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
