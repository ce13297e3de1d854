//! The orderly end: exit code 0 within ten seconds, whatever is going on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::stage::{Place, until};

const ADA: &str = "ada@corp.example";
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn an_idle_server_stops_at_once() {
    for signal in ["TERM", "INT"] {
        let place = Place::usual();
        let mut server = place.serve();
        server.signal(signal);
        let (status, took) = server.ended(LIMIT);
        assert_eq!(status.code(), Some(0), "{signal} {}", server.log());
        assert!(took < Duration::from_secs(4), "{signal} {took:?}");
        assert!(server.log().contains(r#""message":"stopped""#), "{}", server.log());
        let mut out = String::new();
        server.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "", "a server has no results");
    }
}

/// With a job stuck in a slow call, an idle connection and a request half sent.
fn busy_server_stops(signal: &str) {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let mut server = place.serve();
    portal.fault(&json!({"path": "/people", "method": "POST", "delay_ms": 60_000}));
    assert_eq!(place.hire("1", ADA), Some(200));
    until("the slow call", || (place.jobs(&["--state", "running", "--kind", "onboard"]).len() == 1).then_some(()));
    let mut idle = TcpStream::connect(place.public).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    let _silent = TcpStream::connect(place.public).unwrap();
    let mut half = TcpStream::connect(place.public).unwrap();
    half.write_all(b"POST /hooks/own HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.signal(signal);
    until("it begins to stop", || server.log().contains(r#""message":"stopping""#).then_some(()));
    let late = place.hire("2", "late@corp.example");
    assert!(matches!(late, None | Some(503)), "{late:?}");
    let (status, took) = server.ended(LIMIT);
    assert_eq!(status.code(), Some(0), "{signal} {}", server.log());
    assert!(took < LIMIT, "{signal} {took:?}");
    drop(server);
    let _server = place.serve();
    until("the job is done by the next server", || (portal.mails(ADA) == ["activation"]).then_some(()));
    place.settled();
    assert_eq!((portal.users(), portal.mails(ADA)), (vec![ADA.to_owned()], vec!["activation".to_owned()]));
}

#[test]
fn a_busy_server_stops_in_time_and_the_next_one_goes_on() {
    std::thread::scope(|scope| {
        for signal in ["TERM", "INT"] {
            scope.spawn(|| busy_server_stops(signal));
        }
    });
}

#[test]
fn a_sandbox_stops_at_once() {
    for signal in ["TERM", "INT"] {
        let place = Place::usual();
        let mut portal = place.sandbox(&[]);
        portal.state();
        portal.process.signal(signal);
        let (status, took) = portal.process.ended(LIMIT);
        assert_eq!((status.code(), took < Duration::from_secs(3)), (Some(0), true), "{signal} {took:?}");
    }
}
