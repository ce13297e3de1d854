//! Thin payloads: the platform is asked about each item, and what it answers goes the way of every other event.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{Job, JobState, kind};
use usher::store::DeliveryFilter;

use crate::platform::{CONNECTOR, Platform, source_at};
use crate::scene::Scene;
use crate::support::{TestApp, claim};

const ADA: &str = "ada@corp.example";
const BEN: &str = "ben@corp.example";

fn person(mail: &str) -> Json {
    json!({"mail": mail, "first": "Ada", "last": "Example", "state": "active", "pay": "98765-crowns"})
}

async fn tell(t: &TestApp, people: Json) {
    let (headers, body) =
        t.sign("acme", json!({"people": people, "at": t.app.clock.now().to_string()}).to_string().into_bytes());
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
}

async fn only(t: &TestApp, kind: &str) -> Job {
    let mut jobs = t.jobs(kind).await;
    assert_eq!(jobs.len(), 1, "{jobs:#?}");
    jobs.remove(0)
}

async fn states(t: &TestApp, kind: &str) -> Vec<JobState> {
    t.jobs(kind).await.into_iter().map(|job| job.state).collect()
}

fn reason(job: &Job) -> &str {
    job.reason.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn a_hire_without_an_address_is_asked_about_and_invited_once() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    let t = platform.hired_by().await;
    let (headers, body) = t.sign("acme", json!({"people": [{"id": 7, "news": "new"}]}).to_string().into_bytes());
    for _ in 0..2 {
        assert_eq!(t.post("acme", headers.clone(), body.clone()).await.status(), 200);
        t.drain().await;
    }
    assert_eq!((t.users(), t.mails(ADA).len()), (vec![ADA.to_owned()], 1));
    assert_eq!(platform.asked(), ["/v1/staff/7"]);
    let processed = t.jobs(kind::PROCESS).await.remove(0);
    assert!(reason(&processed).contains("one item"), "{processed:#?}");
    assert_eq!(only(&t, kind::FETCH).await.state, JobState::Done);
}

#[tokio::test]
async fn nothing_of_an_answer_is_stored_but_what_the_event_has_of_it() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    t.drain().await;
    let has = |needle: &str| {
        let files = std::fs::read_dir(t.dir.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(needle.len()).any(|part| part == needle.as_bytes()))
    };
    assert!(has(ADA) && !has("98765-crowns"));
}

#[tokio::test]
async fn an_outage_of_the_platform_is_waited_out() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    platform.fails([503, 500, 429, 502]);
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    t.drain().await;
    let waiting = only(&t, kind::FETCH).await;
    assert_eq!((waiting.state, waiting.attempts, t.users().len()), (JobState::Ready, 0, 0), "{waiting:#?}");
    for _ in 0..6 {
        t.advance(SignedDuration::from_mins(15)).await;
    }
    assert_eq!((t.users(), platform.asked().len()), (vec![ADA.to_owned()], 5));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_yet_is_asked_for_again_and_in_the_end_given_up() {
    let platform = Platform::start().await;
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}, {"id": 8, "news": "new"}])).await;
    t.drain().await;
    platform.knows("7", person(ADA));
    for _ in 0..12 {
        t.advance(SignedDuration::from_mins(15)).await;
    }
    assert_eq!(t.users(), [ADA]);
    let jobs = t.jobs(kind::FETCH).await;
    assert_eq!((jobs[0].state, jobs[1].state), (JobState::Done, JobState::Dead));
    assert!(reason(&jobs[1]).contains("does not know what it was asked for"), "{:?}", jobs[1].reason);
    platform.knows("8", person(BEN));
    t.app.store.retry(vec![jobs[1].id], "tests", t.app.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(t.users(), [ADA, BEN]);
}

#[tokio::test]
async fn refused_credentials_wait_for_a_person_and_nothing_is_lost() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    platform.fails([401]);
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    t.drain().await;
    let held = only(&t, kind::FETCH).await;
    assert_eq!(held.state, JobState::Held);
    assert!(reason(&held).contains("401") && reason(&held).contains("sources.acme.fetch"), "{:?}", held.reason);
    t.release(kind::FETCH).await;
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn of_one_person_the_later_message_waits_for_the_earlier_ones_answer() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    platform.knows("8", person(BEN));
    platform.fails([503]);
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    t.drain().await;
    t.advance(SignedDuration::from_millis(1)).await;
    tell(&t, json!([{"id": 7, "news": "gone"}, {"id": 8, "news": "new"}])).await;
    t.drain().await;
    assert_eq!(states(&t, kind::FETCH).await, [JobState::Ready, JobState::Ready, JobState::Done]);
    assert_eq!(t.users(), [BEN]);
    t.advance(SignedDuration::from_mins(15)).await;
    assert_eq!(states(&t, kind::FETCH).await, [JobState::Done; 3]);
    assert_eq!(platform.asked(), ["/v1/staff/7", "/v1/staff/8", "/v1/staff/7"]);
}

#[tokio::test]
async fn one_bad_item_is_one_dead_job_and_the_others_go_on() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    platform.knows("9", json!({"first": "Cy", "state": "active"}));
    let t = platform.hired_by().await;
    tell(
        &t,
        json!([{"news": "new"}, {"id": 7, "news": "new"}, {"id": 9, "news": "new"}, {"id": 5, "news": "birthday"}]),
    )
    .await;
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
    let jobs = t.jobs(kind::FETCH).await;
    let told: Vec<_> = jobs.iter().map(|job| (job.payload["item"].as_i64(), job.state)).collect();
    assert_eq!(told, [(Some(0), JobState::Dead), (Some(1), JobState::Done), (Some(2), JobState::Dead)]);
    assert!(reason(&jobs[0]).contains("item 1, fetch") && reason(&jobs[2]).contains("`fetched.mail`"), "{jobs:#?}");
    platform.knows("9", person(BEN));
    t.app.store.retry(vec![jobs[2].id], "tests", t.app.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(t.users(), [ADA, BEN]);
}

#[tokio::test]
async fn a_crash_before_the_answer_was_settled_asks_again_and_invites_once() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    let mut t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    let now = t.app.clock.now();
    let batch = t.app.store.claim(claim(8, 0), now).await.unwrap().process;
    usher::process::run(&t.app, &batch, now).await.unwrap();
    let claimed = t.app.store.claim(claim(0, 8), now).await.unwrap().actions;
    assert_eq!(claimed.iter().map(|job| job.kind.as_str()).collect::<Vec<_>>(), [kind::FETCH]);
    t.restart().await;
    t.drain().await;
    assert_eq!((t.users(), t.calls("POST", "/people")), (vec![ADA.to_owned()], 1));
}

#[tokio::test]
async fn a_rerun_asks_again_and_invites_nobody_twice() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    let t = platform.hired_by().await;
    tell(&t, json!([{"id": 7, "news": "new"}])).await;
    t.drain().await;
    let delivery = only(&t, kind::FETCH).await.delivery.unwrap();
    assert!(t.app.store.rerun(delivery, "tests", t.app.clock.now()).await.unwrap().is_some());
    t.drain().await;
    assert_eq!((platform.asked().len(), t.calls("POST", "/people"), t.users()), (2, 1, vec![ADA.to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_never_answers_holds_up_nobody_else() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let extra = format!("[worker]\nconcurrency = 1\n{}", source_at(silent.local_addr().unwrap()));
    let t = TestApp::with(Scene { extra, connector: Some(CONNECTOR.to_owned()), ..Scene::default() }).await;
    let people: Vec<_> = (0..30).map(|id| json!({"id": id, "news": "new"})).collect();
    tell(&t, Json::from(people)).await;
    let working = tokio::spawn(usher::worker::run(t.app.clone(), tokio_util::sync::CancellationToken::new()));
    let begun = std::time::Instant::now();
    let until = async |what: &str, check: &dyn Fn(&[JobState]) -> bool| {
        while !check(&states(&t, kind::FETCH).await) {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{what}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let running = |states: &[JobState]| states.iter().filter(|state| **state == JobState::Running).count();
    until("as many as may ask do", &|states| running(states) == 4).await;
    t.hire("1", ADA).await;
    until("somebody of another source is invited meanwhile", &|_| t.users() == [ADA]).await;
    assert!(running(&states(&t, kind::FETCH).await) <= 4);
    working.abort();
}

/// Some platforms name a person and nothing else: each change of one reads the same.
#[tokio::test]
async fn the_same_words_once_more_are_news_after_the_platform_was_asked() {
    let platform = Platform::start().await;
    platform.knows("7", json!({"mail": ADA, "state": "draft"}));
    let t = platform.hired_by().await;
    let (headers, body) = t.sign("acme", json!({"people": [{"id": 7, "news": "new"}]}).to_string().into_bytes());
    let say = async || assert_eq!(t.post("acme", headers.clone(), body.clone()).await.status(), 200);
    let deliveries = async || {
        let all = t.app.store.deliveries(DeliveryFilter::default()).await.unwrap();
        all.iter().filter(|delivery| delivery.source == "acme").count()
    };
    say().await;
    say().await;
    t.drain().await;
    assert_eq!((t.users().len(), platform.asked().len()), (0, 1));
    // The record is finished and saved again at once.
    platform.knows("7", person(ADA));
    for _ in 0..3 {
        t.advance(SignedDuration::from_secs(10)).await;
        say().await;
    }
    t.drain().await;
    assert_eq!((platform.asked().len(), deliveries().await), (1, 1), "what comes at once is asked for once");
    t.advance(SignedDuration::from_secs(30)).await;
    assert_eq!((t.users(), platform.asked().len()), (vec![ADA.to_owned()], 2));
    for asked in [3, 4] {
        t.advance(SignedDuration::from_hours(1)).await;
        say().await;
        t.drain().await;
        assert_eq!((platform.asked().len(), deliveries().await), (asked, asked - 1));
    }
    say().await;
    assert_eq!(deliveries().await, 3, "it is compared with the latest one");
    assert_eq!((t.calls("POST", "/people"), t.mails(ADA).len()), (1, 1));
}

#[tokio::test]
async fn a_message_with_an_id_is_a_repetition_whenever_it_comes() {
    let platform = Platform::start().await;
    platform.knows("7", person(ADA));
    let connector = CONNECTOR.replacen("[auth]", "dedupe = [[\"json:/message\"]]\n[auth]", 1);
    let t = TestApp::with(Scene { extra: source_at(platform.address), connector: Some(connector), ..Scene::default() })
        .await;
    let body = json!({"message": "m-1", "people": [{"id": 7, "news": "new"}]}).to_string().into_bytes();
    let (headers, body) = t.sign("acme", body);
    for _ in 0..3 {
        assert_eq!(t.post("acme", headers.clone(), body.clone()).await.status(), 200);
        t.drain().await;
        t.advance(SignedDuration::from_hours(1)).await;
    }
    assert_eq!((platform.asked().len(), t.users().len()), (1, 1));
}

/// How many questions were tried at all.
async fn tried(t: &TestApp) -> usize {
    t.jobs(kind::FETCH).await.iter().filter(|job| job.fence > 0).count()
}

#[tokio::test]
async fn a_platform_that_puts_us_off_or_is_out_of_reach_is_not_found_so_by_each_question() {
    let people = |count: usize| Json::from((0..count).map(|id| json!({"id": id, "news": "new"})).collect::<Vec<_>>());
    let platform = Platform::start().await;
    for id in 0..30 {
        platform.knows(&id.to_string(), json!({"mail": format!("p{id}@corp.example"), "state": "left"}));
    }
    platform.fails([429]);
    let t = platform.hired_by().await;
    tell(&t, people(30)).await;
    t.drain().await;
    assert!(tried(&t).await <= 8, "{}", tried(&t).await);
    t.advance(SignedDuration::from_mins(2)).await;
    assert_eq!(states(&t, kind::FETCH).await, [JobState::Done; 30]);

    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let scene = Scene { extra: source_at(gone), connector: Some(CONNECTOR.to_owned()), ..Scene::default() };
    let t = TestApp::with(scene).await;
    tell(&t, people(30)).await;
    t.drain().await;
    assert!((1..=4).contains(&tried(&t).await), "{}", tried(&t).await);
    t.advance(SignedDuration::from_secs(31)).await;
    assert!((2..=8).contains(&tried(&t).await), "{}", tried(&t).await);
}
