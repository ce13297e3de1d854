//! How often a platform is asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use usher::config::SourceFetch;
use usher::fetch::{FetchError, Fetcher};

use crate::platform::{Platform, answer};
use crate::{HandClock, asking, fetcher, settings};

#[tokio::test]
async fn calls_beyond_the_limit_are_told_to_come_later() {
    let platform = Platform::saying(answer(200, "{}")).await;
    let fetcher = fetcher(SourceFetch { per_minute: 5, ..settings(platform.address) });
    asking(&fetcher).await.unwrap();
    let begun = Instant::now();
    let error = asking(&fetcher).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10), "it is not waited out: {:?}", begun.elapsed());
    assert!(matches!(error, FetchError::Limited { .. }) && error.is_outage(), "{error}");
    let after = error.after().unwrap();
    assert!(after > Duration::from_secs(5) && after <= Duration::from_secs(15), "{after:?}");
    assert!(error.to_string().contains("sources.hr.fetch.per_minute"), "{error}");
    assert_eq!(platform.seen().len(), 1);
}

#[tokio::test]
async fn a_short_wait_is_waited_out() {
    let platform = Platform::saying(answer(200, "{}")).await;
    // 20 at once, then one every 0.75 s.
    let fetcher = fetcher(SourceFetch { per_minute: 100, ..settings(platform.address) });
    let begun = Instant::now();
    for _ in 0..21 {
        asking(&fetcher).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());
    assert_eq!(platform.seen().len(), 21);
}

#[tokio::test]
async fn in_any_minute_there_are_no_more_calls_than_allowed() {
    let platform = Platform::saying(answer(200, "{}")).await;
    let fetcher = Arc::new(fetcher(SourceFetch { per_minute: 30, ..settings(platform.address) }));
    let begun = Instant::now();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let fetcher = Arc::clone(&fetcher);
            tokio::spawn(async move { asking(&fetcher).await.is_ok() })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        done += usize::from(call.await.unwrap());
    }
    // A burst of 6, and one every 2.5 s.
    let most = 6 + begun.elapsed().as_millis() / 2500;
    assert!(done >= 6 && done as u128 <= most, "{done} of {most}");
    assert_eq!(platform.seen().len(), done);
}

#[tokio::test]
async fn while_a_platform_wants_to_be_left_alone_it_is_not_asked() {
    let platform = Platform::start(|_, before| match before {
        0 => answer(429, "{}").header("retry-after", 30),
        _ => answer(200, "{}"),
    })
    .await;
    let clock = HandClock::new();
    let fetcher = Fetcher::new("hr", settings(platform.address), clock.clone()).unwrap();
    asking(&fetcher).await.unwrap_err();
    clock.advance(10);
    let error = asking(&fetcher).await.unwrap_err();
    assert!(matches!(error, FetchError::Busy { status: 429, .. }), "{error}");
    assert_eq!(error.after(), Some(Duration::from_secs(20)));
    assert_eq!(platform.seen().len(), 1);
    clock.advance(20);
    asking(&fetcher).await.unwrap();
}

#[tokio::test]
async fn every_call_is_told_to_whoever_counts() {
    let platform = Platform::start(|_, before| answer([200, 404, 500][before], "{}")).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let fetcher =
        fetcher(settings(platform.address)).with_observer(Arc::new(move |word| heard.lock().unwrap().push(word)));
    for _ in 0..3 {
        let _ = asking(&fetcher).await;
    }
    assert_eq!(*told.lock().unwrap(), ["ok", "missing", "failing"]);
}
