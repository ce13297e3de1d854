//! The portal's limits hold over restarts, and a used-up limit makes work wait.

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use usher::docspace::Kept;
use usher::model::{Clock, JobState};
use usher::worker;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const BOB: &str = "bob@corp.example";

/// Two POST calls a day: one person.
fn two_a_day() -> Scene {
    Scene { extra: "[docspace.limits]\nwrites_per_day = 2\n".to_owned(), webhook: false, ..Scene::default() }
}

async fn kept(t: &TestApp) -> Option<u32> {
    t.app.store.recall::<Kept>("limits/docspace").await.unwrap().map(|kept| kept.writes_today)
}

#[tokio::test]
async fn work_beyond_the_writes_of_a_day_waits_for_the_next_day() {
    let t = TestApp::with(two_a_day()).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.hire("8", BOB).await;
    t.drain().await;
    let job = t.jobs("onboard").await.pop().unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Ready, 0), "{:?}", job.reason);
    assert!(job.reason.unwrap().contains("limit of such calls is used up"));
    let midnight = "2026-08-04T00:00:00Z".parse().unwrap();
    assert!(job.due_at >= midnight, "{}", job.due_at);
    t.advance(SignedDuration::from_hours(15)).await;
    assert_eq!(t.users(), [ADA], "the day is not over");
    t.advance(SignedDuration::from_mins(61)).await;
    assert_eq!(t.users().len(), 2);
    assert!(t.jobs("onboard").await.iter().all(|job| job.state == JobState::Done));
    assert_eq!(t.mails(BOB), ["activation"]);
}

#[tokio::test]
async fn what_was_written_today_is_counted_on_after_a_restart() {
    let mut t = TestApp::with(two_a_day()).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let mut known = std::collections::BTreeMap::new();
    t.app.remember_limits(&mut known).await;
    assert_eq!(kept(&t).await, Some(2));
    t.restart().await;
    t.app.recall_limits().await;
    t.hire("8", BOB).await;
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
    t.advance(SignedDuration::from_hours(17)).await;
    assert_eq!(t.users().len(), 2, "another day");
}

#[tokio::test]
async fn a_worker_takes_the_counters_up_when_it_begins_and_leaves_them_when_it_ends() {
    let mut t = TestApp::with(two_a_day()).await;
    let work = async |t: &TestApp, person: &str, email: &str| {
        t.hire(person, email).await;
        let stop = CancellationToken::new();
        let working = tokio::spawn(worker::run(t.app.clone(), stop.clone()));
        loop {
            let jobs = t.jobs("onboard").await;
            if jobs.iter().any(|job| job.event_email() == email && job.fence > 0 && job.state != JobState::Running) {
                break;
            }
            tokio::task::yield_now().await;
        }
        stop.cancel();
        working.await.unwrap();
    };
    work(&t, "7", ADA).await;
    assert_eq!(kept(&t).await, Some(2));
    t.restart().await;
    work(&t, "8", BOB).await;
    assert_eq!(t.users(), [ADA], "the two of the day were used up before the restart");
    assert_eq!(kept(&t).await, Some(2));
}

trait Told {
    fn event_email(&self) -> &str;
}

impl Told for usher::model::Job {
    fn event_email(&self) -> &str {
        self.payload["event"]["email"].as_str().unwrap()
    }
}

#[tokio::test]
async fn nothing_is_kept_while_nothing_has_changed() {
    let t = TestApp::with(two_a_day()).await;
    let mut known = std::collections::BTreeMap::new();
    t.app.remember_limits(&mut known).await;
    assert!(known.is_empty() && kept(&t).await.is_none());
    t.hire("7", ADA).await;
    t.drain().await;
    t.app.remember_limits(&mut known).await;
    assert_eq!(known["docspace"].writes_today, 2);
    t.clock.advance(SignedDuration::from_hours(24));
    t.app.remember_limits(&mut known).await;
    assert_eq!((known["docspace"].writes_today, kept(&t).await), (0, Some(0)), "a new day begins at nothing");
    assert_eq!(known["docspace"].day, t.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date());
}

#[tokio::test]
async fn metrics_tell_how_much_of_the_day_is_used() {
    let t = TestApp::with(two_a_day()).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let metrics = t.metrics().await;
    for line in [
        "usher_portal_writes_today{portal=\"docspace\"} 2",
        "usher_portal_writes_limit{portal=\"docspace\"} 2",
        "usher_portal_calls_waiting{portal=\"docspace\"} 0",
        "usher_portal_calls_running{portal=\"docspace\",kind=\"write\"} 0",
        "usher_portal_paused{portal=\"docspace\"} 0",
    ] {
        assert!(metrics.lines().any(|got| got == line), "{line} is not in\n{metrics}");
    }
}
