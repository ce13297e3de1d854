//! The generator: keep-alive connections over plain TCP, one request under way on each, all on one thread.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::requests::Requests;

/// How often the length of the log file is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What to do.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) counted: Duration,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Answers with 200, those of the warm-up included.
    pub(crate) answered: usize,
    /// Answers with 200 a second, in the counted time.
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Processor time of the whole program, generator included, for each answer.
    pub(crate) cost: Duration,
    /// Greatest length of the log file, in bytes.
    pub(crate) log: u64,
    /// Jobs that the worker had finished at the end.
    pub(crate) processed: Option<usize>,
}

#[derive(Default)]
struct Tally {
    next: Cell<usize>,
    answered: Cell<usize>,
    latencies: RefCell<Vec<Duration>>,
}

impl Load {
    /// Send requests until the time is over or all are sent; `log` is a file to be watched.
    pub(crate) fn run(&self, requests: &Requests, log: Option<PathBuf>) -> Measured {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tally = Rc::new(Tally::default());
        let local = LocalSet::new();
        let begin = Instant::now() + self.warm_up;
        let end = begin + self.counted;
        let before = processor_time();
        let (last, log) = local.block_on(&runtime, async {
            let watch = tokio::task::spawn_local(watch(log, end));
            let clients = (0..self.connections).map(|_| client(self.address, requests, &tally, begin, end));
            let ends = futures_util::future::join_all(clients).await;
            (ends.into_iter().max().unwrap(), watch.await.unwrap())
        });
        let spent = processor_time().saturating_sub(before);
        let mut latencies = tally.latencies.take();
        latencies.sort_unstable();
        let at = |part: usize| latencies[latencies.len() * part / 100];
        Measured {
            answered: tally.answered.get(),
            per_second: latencies.len() as f64 / last.min(end).duration_since(begin).as_secs_f64(),
            p50: at(50),
            p99: at(99),
            cost: spent / u32::try_from(tally.answered.get()).unwrap(),
            log,
            processed: None,
        }
    }
}

/// One connection; the moment of its last answer.
async fn client(address: SocketAddr, requests: &Requests, tally: &Tally, begin: Instant, end: Instant) -> Instant {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut sent = Instant::now();
    while sent < end {
        let number = tally.next.replace(tally.next.get() + 1);
        let Some(request) = requests.get(number) else { break };
        exchange(&stream, request).await;
        let now = Instant::now();
        tally.answered.set(tally.answered.get() + 1);
        if sent >= begin && now <= end {
            tally.latencies.borrow_mut().push(now - sent);
        }
        sent = now;
    }
    sent
}

/// Send one request and read its answer, which must be 200 and empty.
pub(crate) async fn exchange(stream: &TcpStream, request: &[u8]) {
    let mut rest = request;
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await.unwrap(),
            Err(error) => panic!("the server does not take a request: {error}"),
        }
    }
    let mut answer = [0; 1024];
    let mut length = 0;
    while !answer[..length].ends_with(b"\r\n\r\n") {
        stream.readable().await.unwrap();
        match stream.try_read(&mut answer[length..]) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("the server does not answer: {error}"),
        }
    }
    let head = std::str::from_utf8(&answer[..length]).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-length: 0\r\n"), "{head}");
}

async fn watch(file: Option<PathBuf>, end: Instant) -> u64 {
    let length = |file: &Path| std::fs::metadata(file).map_or(0, |found| found.len());
    let mut most = 0;
    while let Some(file) = &file
        && Instant::now() < end
    {
        most = most.max(length(file));
        tokio::time::sleep(LOOK).await;
    }
    most
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (millis(self.p50), millis(self.p99));
        write!(f, "{:>6.0}/s  p50 {p50:>6.2} ms  p99 {p99:>6.2} ms", self.per_second)?;
        write!(f, "  cpu {:>3} us", self.cost.as_micros())?;
        if self.log > 0 {
            write!(f, "  log {:>5.1} MiB", self.log as f64 / 1024.0 / 1024.0)?;
        }
        if let Some(processed) = self.processed {
            write!(f, "  stored {}, processed {processed}", self.answered)?;
        }
        Ok(())
    }
}

/// For printing.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// User and system time of this process so far, in steps of 10 ms; zero where the system does not tell (`proc(5)`, stat,
/// fields 14 and 15).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
