//! Senders that wait only so long, as their connectors say: each has its answer before, also when the store is slow.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::oneshot;
use tokio::time::Instant;
use usher::connector::Connector;
use usher::ledger::{Keys, Ledger};
use usher::model::Clock;
use usher::store::Change;

use crate::catalogue::{cases, is_handshake};
use crate::scene::EMBEDDED;
use crate::support::TestApp;
use crate::trial::Trial;

/// Nothing is written from now on until it is let go by the sender that is given back.
async fn stick(t: &TestApp) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, hold) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = oneshot::channel();
    let (store, now) = (t.app.store.clone(), t.clock.now());
    let stuck = tokio::spawn(async move {
        let wait = move |_: &mut Ledger| {
            begin.send(()).unwrap();
            (Change::default(), hold.recv().is_ok())
        };
        assert!(store.write(Keys::default(), false, now, wait).await.unwrap());
    });
    begun.await.unwrap();
    (release, stuck)
}

/// The deadline of each connector that says one.
fn deadlines() -> Vec<(Arc<Connector>, Duration)> {
    let deadline = |connector: &Arc<Connector>| Some((Arc::clone(connector), connector.sender.deadline?));
    EMBEDDED.iter().filter_map(deadline).collect()
}

#[tokio::test]
async fn while_the_store_is_slow_every_sender_that_says_how_long_it_waits_is_put_off_before() {
    let (known, cases) = (deadlines(), cases());
    assert!(known.len() >= 4, "only {} connectors say a deadline", known.len());
    for (connector, deadline) in known {
        let name = &connector.name;
        let mut of_it = cases.iter().filter(|(other, files)| other.name == *name && !is_handshake(files));
        let trial = Trial::start(&connector, &of_it.next().unwrap().1).await;
        let (release, stuck) = stick(&trial.t).await;
        // Nothing else happens while the writer is stuck, so time leaps to the end of each limit.
        tokio::time::pause();
        let begun = Instant::now();
        let answer = trial.send().await;
        let spent = begun.elapsed();
        tokio::time::resume();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}");
        assert!(answer.headers().contains_key("retry-after"), "{name}");
        assert!(spent + Duration::from_millis(400) < deadline, "{name}: {spent:?} of {deadline:?}");
        release.send(()).unwrap();
        stuck.await.unwrap();
        // When it is sent again, it is taken in.
        assert_eq!(trial.send().await.status(), connector.answer, "{name}");
    }
}
