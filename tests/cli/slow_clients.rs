//! Clients that are slow, or pretend to be: each is cut off, and others are served meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use crate::stage::Place;

const LIMIT: Duration = Duration::from_secs(20);

/// Send `head` at once, then `piece` every half second: how long until the server ends the connection.
fn held_for(place: &Place, head: &str, piece: &str) -> Duration {
    let mut stream = TcpStream::connect(place.public).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let began = Instant::now();
    stream.write_all(head.as_bytes()).unwrap();
    while began.elapsed() < 2 * LIMIT {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return began.elapsed(),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                if stream.write_all(piece.as_bytes()).is_err() {
                    return began.elapsed();
                }
            }
            Err(_) => return began.elapsed(),
        }
    }
    began.elapsed()
}

#[test]
fn slow_clients_are_cut_off_and_others_served_meanwhile() {
    let place = Place::usual();
    let _server = place.serve();
    let post = "POST /hooks/own HTTP/1.1\r\nHost: x\r\n";
    let cases = [
        ("silent", String::new(), ""),
        ("half a header", format!("{post}Content-"), ""),
        ("a header that never ends", post.to_owned(), "X-A: b\r\n"),
        ("one letter at a time", "P".to_owned(), "O"),
        ("no body", format!("{post}Content-Length: 100\r\n\r\n"), ""),
        ("a body that trickles", format!("{post}Content-Length: 100000\r\n\r\n"), "x"),
        ("chunks that never end", format!("{post}Transfer-Encoding: chunked\r\n\r\n"), "1\r\nx\r\n"),
        ("idle after an answer", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), ""),
    ];
    let place = &place;
    scope(|scope| {
        for (what, head, piece) in &cases {
            scope.spawn(move || {
                let took = held_for(place, head, piece);
                assert!(took < LIMIT, "{what}: {took:?}");
            });
        }
        for number in 0..10 {
            let began = Instant::now();
            assert_eq!(place.hire(&number.to_string(), &format!("p{number}@corp.example")), Some(200));
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
            sleep(Duration::from_millis(300));
        }
    });
}
