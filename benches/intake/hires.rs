//! How long after the 200 the portal hears of a hire: one hire at a time, the sandbox as portal.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use usher::app::{App, SystemClock};
use usher::http as web;
use usher::model::{Clock, JobState, kind};
use usher::sandbox::{self, Sandbox};
use usher::worker;

use super::load::exchange;
use super::report::median;
use super::requests::Requests;
use super::server;

/// A sentence with the median and the slowest tenth.
pub(crate) fn measure(dir: &Path, hires: usize) -> String {
    let dir = tempfile::tempdir_in(dir).unwrap();
    let requests = Requests::signed(hires);
    let (here, there) = (server::runtime(), server::runtime());
    let stop = CancellationToken::new();
    let settings = sandbox::Settings::new(Arc::new(SystemClock));
    let portal = there.block_on(Sandbox::start(settings, "127.0.0.1:0".parse().unwrap(), stop.clone())).unwrap();
    let app = here.block_on(server::open(dir.path(), portal.address));
    let address = server::listen(&here, web::public(Arc::clone(&app)));
    let working = here.spawn(worker::run(Arc::clone(&app), stop.clone()));
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut waits = client.block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut waits = Vec::new();
        for number in 0..hires {
            let before = portal.sandbox.state().calls.len();
            exchange(&stream, requests.get(number).unwrap()).await;
            let answered = SystemClock.now();
            finished(&app, number + 1).await;
            let first = portal.sandbox.state().calls[before].at;
            waits.push(first.duration_since(answered).as_secs_f64() * 1000.0);
        }
        waits
    });
    stop.cancel();
    here.block_on(async {
        working.await.unwrap();
        app.store.close().await;
    });
    waits.sort_by(f64::total_cmp);
    let (tenth, most) = (waits[waits.len() * 9 / 10], waits[waits.len() - 1]);
    let middle = median(waits.iter().copied());
    format!(
        "From 200 to the first call to DocSpace, {hires} hires one by one: median {middle:.2} ms, 9 of 10 within {tenth:.2} ms, most {most:.2} ms"
    )
}

/// Wait until so many people are onboarded.
async fn finished(app: &App, count: usize) {
    loop {
        let stats = app.store.stats().await.unwrap();
        let done = stats.jobs.iter().find(|(of, state, _)| of == kind::ONBOARD && *state == JobState::Done);
        if done.is_some_and(|(_, _, done)| *done as usize == count) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
