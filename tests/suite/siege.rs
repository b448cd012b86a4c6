//! The door of the preview under siege: slow clients, huge heads, too few open files. Each in a process of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::door::{Apart, PATIENCE, Reply, connect, exchange, named, page, set_files, until_the_end};
use crate::harness::{Skip, tests};

tests![
    five_hundred_slow_clients_keep_nobody_waiting,
    clients_that_do_not_read_give_way,
    a_head_of_a_megabyte_costs_nothing,
    a_low_limit_on_open_files_is_lived_with,
    the_door_recovers_when_files_run_out_and_tiny_http_dies,
    a_cleaned_temporary_folder_is_replaced,
    all_connections_at_once_are_served_in_their_turn,
];

/// The most threads that a door may have. A whole preview may have 64, and the engine needs some.
const MOST_THREADS: u64 = 44;
/// The longest that a page may take, in the midst of a siege.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Starts a preview apart, where its threads can be counted.
fn apart(files: u64) -> Result<Apart, Skip> {
    match cfg!(target_os = "linux") {
        true => Ok(Apart::new(files)),
        false => Err(Skip("the threads and the memory of a process are read from Linux's /proc".to_owned())),
    }
}

/// Fails if there are more threads than there may be.
fn few_threads(apart: &Apart) {
    let threads = apart.status("Threads");
    assert!(threads <= MOST_THREADS, "{threads} threads");
}

/// Reads pages, and fails if they are late. A siege delays them all, a busy machine a few, and neither by seconds.
fn pages_are_served_at_once(apart: &Apart, count: usize) {
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        page(apart.address);
        times.push(begun.elapsed());
        few_threads(apart);
    }
    times.sort();
    let slowest = times[count - 1];
    assert!(times[count / 2] < AT_ONCE && slowest < Duration::from_secs(2), "pages took {times:?}");
}

/// Says something, perhaps only a part of it, and leaves it at that.
fn speak(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(address);
    // Whoever has been sent off to make room hears of it later.
    let _ = stream.write_all(bytes);
    stream
}

fn five_hundred_slow_clients_keep_nobody_waiting() -> Result<(), Skip> {
    set_files(4096);
    let apart = apart(1024)?;
    let begun = Instant::now();
    let mut clients = Vec::new();
    for number in 0..500 {
        clients.push(match number % 3 {
            0 => speak(apart.address, b""),
            1 => speak(apart.address, b"GET /page HTTP/1.1\r\nHost: localhost\r\nX: "),
            _ => speak(apart.address, b"G"),
        });
        if number % 25 == 0 {
            pages_are_served_at_once(&apart, 3);
        }
    }
    // Those who came first have made room by now.
    for client in &mut clients[..400] {
        assert_eq!(until_the_end(client), b"");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "they were sent off by the clock: {:?}", begun.elapsed());
    // They go on, a byte at a time, until every one of them has been sent off. Meanwhile pages are served.
    for client in &clients {
        client.set_nonblocking(true).expect("an option");
    }
    let mut buffer = [0; 1024];
    while !clients.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(15), "{} slow clients are still there", clients.len());
        clients.retain_mut(|client| {
            let is_told = client.write(b"x").is_err();
            let is_over = match client.read(&mut buffer) {
                Ok(count) => count == 0,
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            };
            !is_told && !is_over
        });
        pages_are_served_at_once(&apart, 20);
    }
    Ok(())
}

fn clients_that_do_not_read_give_way() -> Result<(), Skip> {
    let apart = apart(1024)?;
    let request = b"GET /film HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let _clients: Vec<TcpStream> = (0..100).map(|_| speak(apart.address, request)).collect();
    for _ in 0..5 {
        let begun = Instant::now();
        page(apart.address);
        assert!(begun.elapsed() < Duration::from_secs(5), "a page took {:?}", begun.elapsed());
        few_threads(&apart);
    }
    // Forty megabytes each are not in memory.
    assert!(apart.status("VmRSS") < 200 * 1024, "{} KiB", apart.status("VmRSS"));
    Ok(())
}

fn a_head_of_a_megabyte_costs_nothing() -> Result<(), Skip> {
    let apart = apart(1024)?;
    for _ in 0..20 {
        page(apart.address);
    }
    let before = apart.status("VmRSS");
    let head = format!("GET /page HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(1024 * 1024));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                if let Some(reply) = Reply::read(&exchange(apart.address, head.as_bytes())) {
                    assert_eq!(reply.status, 431);
                }
            });
        }
    });
    let grown = apart.status("VmRSS").saturating_sub(before);
    assert!(grown < 5 * 1024, "{grown} KiB");
    let long = format!("GET /page HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(20 * 1024));
    let reply = Reply::read(&exchange(apart.address, long.as_bytes())).expect("who is not much too long is told");
    assert_eq!(reply.status, 431);
    page(apart.address);
    Ok(())
}

fn a_low_limit_on_open_files_is_lived_with() -> Result<(), Skip> {
    set_files(4096);
    let mut apart = apart(128)?;
    let mut clients = Vec::new();
    for number in 0..300 {
        clients.push(match number % 3 {
            0 => speak(apart.address, b""),
            1 => speak(apart.address, b"GET /film HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            _ => speak(apart.address, b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        });
    }
    let begun = Instant::now();
    page(apart.address);
    assert!(begun.elapsed() < Duration::from_secs(15), "a page took {:?}", begun.elapsed());
    // The engine has files to open as well, and can.
    apart.order("open 30");
    apart.order("release");
    drop(clients);
    page(apart.address);
    assert!(!apart.log().contains("panicked"), "{}", apart.log());
    Ok(())
}

fn the_door_recovers_when_files_run_out_and_tiny_http_dies() -> Result<(), Skip> {
    let mut apart = apart(128)?;
    page(apart.address);
    let (mut rounds, mut deaths) = (0, 0);
    // Whether it dies in a round depends on which of its threads opens what first: further rounds until it has.
    for left in [0, 2, 3, 3].into_iter().chain([2, 3, 1].repeat(5)) {
        rounds += 1;
        if rounds > 4 && deaths > 0 {
            break;
        }
        apart.order(&format!("hoard {left}"));
        let request = b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = speak(apart.address, request);
            // Time enough to run into it again and again; whether any of them is answered is chance.
            client.set_read_timeout(Some(Duration::from_millis(400))).expect("an option");
            let _ = client.read(&mut [0; 1024]);
            few_threads(&apart);
            clients.push(client);
        }
        apart.order("release");
        let begun = Instant::now();
        page(apart.address);
        assert!(begun.elapsed() < Duration::from_secs(15), "with {left} files left, it took {:?}", begun.elapsed());
        // They have waited in line, and none of them is forgotten.
        for client in &mut clients {
            client.set_read_timeout(Some(PATIENCE)).expect("an option");
            until_the_end(client);
        }
        deaths = apart.log().matches("refined_tcp_stream").count();
        few_threads(&apart);
    }
    assert!(deaths > 0, "tiny_http did not die, so nothing was shown: {}", apart.log());
    assert!(!apart.log().contains("src/serve/front"), "we did not panic: {}", apart.log());
    Ok(())
}

fn a_cleaned_temporary_folder_is_replaced() -> Result<(), Skip> {
    let apart = apart(1024)?;
    page(apart.address);
    let folders = named(apart.folder.path(), "blog-serve-");
    assert_eq!(folders.len(), 1, "{folders:?}");
    std::fs::remove_dir_all(&folders[0]).expect("it can be removed");
    page(apart.address);
    Ok(())
}

fn all_connections_at_once_are_served_in_their_turn() -> Result<(), Skip> {
    let apart = apart(1024)?;
    let request = b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for _ in 0..10 {
        let mut clients: Vec<TcpStream> = (0..200).map(|_| speak(apart.address, request)).collect();
        few_threads(&apart);
        for client in &mut clients {
            assert_eq!(Reply::read(&until_the_end(client)).map(|reply| reply.status), Some(200));
        }
    }
    // tiny_http keeps a thread for each body until its request has been answered.
    let request = format!(
        "POST /__blog/stats/slow HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Length: 2000\r\n\r\n{1}",
        apart.address,
        "x".repeat(2000)
    );
    let mut clients: Vec<TcpStream> = (0..40).map(|_| speak(apart.address, request.as_bytes())).collect();
    for client in &mut clients {
        assert_eq!(Reply::read(&until_the_end(client)).map(|reply| reply.text()).as_deref(), Some("2000"));
        few_threads(&apart);
    }
    Ok(())
}
