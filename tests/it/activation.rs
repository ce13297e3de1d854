//! Every way of coming to an account ends in one activation and one congratulation, by the portal's own webhooks.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::catch_up::reconcile;
use usher::model::{AccountState, JobState};
use usher::sandbox::{Joining, Way};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// How somebody comes to an active account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// We made the account; the letter's link is opened.
    Made,
    /// We invited; the form is filled in.
    Invited,
    /// An administrator invited.
    InvitedByHand,
    /// By a shared link, and then the letter that confirms the address.
    Link,
    /// An administrator made the account.
    MadeByHand,
    /// By signing in elsewhere, from a mailed invitation.
    ThirdParty,
    /// By signing in elsewhere, from a shared link.
    ThirdPartyByLink,
    /// By a trusted mail domain.
    Domain,
    /// Invited to a room.
    Room,
    /// We made the account; the password was reset, of which no webhook tells.
    Silent,
}

impl Joins {
    const ALL: [Self; 10] = [
        Self::Made,
        Self::Invited,
        Self::InvitedByHand,
        Self::Link,
        Self::MadeByHand,
        Self::ThirdParty,
        Self::ThirdPartyByLink,
        Self::Domain,
        Self::Room,
        Self::Silent,
    ];

    fn is_onboarded(self) -> bool {
        matches!(self, Self::Made | Self::Invited | Self::Silent)
    }

    /// Come to the account, and activate it in the last step.
    async fn walk(self, t: &TestApp) {
        match self {
            Self::Made | Self::Invited | Self::Silent => {
                t.hire("7", ADA).await;
                t.drain().await;
                none_yet(t, self).await;
                if self == Self::Silent {
                    t.sandbox.activate_silently(&t.user_id(ADA)).await.unwrap();
                    t.drain().await;
                    none_yet(t, self).await;
                    reconcile(&t.app, "docspace", &t.app.portals["docspace"], false).await.unwrap();
                } else {
                    t.activate(ADA).await;
                }
            }
            Self::InvitedByHand | Self::ThirdParty => {
                let body = json!({"invitations": [{"email": ADA, "type": "User"}]});
                t.portal(Method::POST, "/people/invite", body).await;
                none_yet(t, self).await;
                let way = if self == Self::ThirdParty { Way::ThirdParty } else { Way::Invitation };
                register(t, way, None).await;
            }
            Self::Link | Self::ThirdPartyByLink => {
                let link =
                    t.portal(Method::POST, "/portal/users/invitationlink", json!({"employeeType": "User"})).await;
                let link = link["url"].as_str().unwrap().to_owned();
                if self == Self::ThirdPartyByLink {
                    return register(t, Way::ThirdParty, Some(link)).await;
                }
                register(t, Way::Link, Some(link)).await;
                none_yet(t, self).await;
                t.activate(ADA).await;
            }
            Self::MadeByHand => {
                t.sandbox_user(ADA).await;
                none_yet(t, self).await;
                t.activate(ADA).await;
            }
            Self::Domain => register(t, Way::Domain, None).await,
            Self::Room => {
                let room = t.sandbox.add_room("Welcome");
                let body = json!({"invitations": [{"email": ADA, "access": 2}], "notify": true});
                t.portal(Method::PUT, &format!("/files/rooms/{room}/share"), body).await;
                none_yet(t, self).await;
                register(t, Way::Invitation, None).await;
            }
        }
        t.drain().await;
    }
}

async fn none_yet(t: &TestApp, joins: Joins) {
    assert!(t.jobs("congratulate").await.is_empty(), "{joins:?}: nobody is active yet");
}

async fn register(t: &TestApp, way: Way, link: Option<String>) {
    let (email, first_name, last_name) = (ADA.to_owned(), "Ada".to_owned(), "Example".to_owned());
    t.sandbox.join(&Joining { way, link, email, first_name, last_name, culture: None }).await.unwrap();
    t.drain().await;
}

async fn stage(joins: Joins, whom: &str) -> TestApp {
    let mode = if joins == Joins::Invited { "invite" } else { "create" };
    let rules = format!(
        r#"
[[rules]]
on = "employee.hired"
onboard = {{ type = "User", mode = "{mode}" }}
[[rules]]
on = "user.activated"
congratulate = {{ via = ["sendcongratulations"], key = "welcome_guest", whom = "{whom}" }}
"#
    );
    TestApp::with(Scene { rules, ..Scene::default() }).await
}

/// What goes on at the portal afterwards, none of it an activation.
async fn go_on(t: &TestApp) {
    let id = t.user_id(ADA);
    t.portal(Method::PUT, "/people/type/RoomAdmin", json!({"userIds": [id]})).await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [id]})).await;
    t.portal(Method::PUT, "/people/status/1", json!({"userIds": [id]})).await;
    t.clock.advance(SignedDuration::from_hours(9 * 24));
    reconcile(&t.app, "docspace", &t.app.portals["docspace"], false).await.unwrap();
    t.drain().await;
}

#[tokio::test]
async fn every_way_of_joining_is_one_activation_and_one_congratulation() {
    for joins in Joins::ALL {
        let t = stage(joins, "everyone-new").await;
        joins.walk(&t).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done, "{joins:?}");
        go_on(&t).await;
        assert_eq!(t.jobs("congratulate").await.len(), 1, "{joins:?}");
        assert_eq!(t.calls("POST", "/portal/sendcongratulations"), 1, "{joins:?}");
        assert_eq!(t.mails(ADA).iter().filter(|kind| *kind == "congratulation").count(), 1, "{joins:?}");
        let mut people = t.people().await;
        people.retain(|person| person.email.as_deref() == Some(ADA));
        let [ada] = people.as_slice() else { panic!("{joins:?}: {people:#?}") };
        assert_eq!(ada.account, AccountState::Active, "{joins:?}");
        assert!(ada.activated_at.is_some() && ada.congratulated_at.is_some(), "{joins:?}: {ada:?}");
    }
}

#[tokio::test]
async fn only_those_whom_we_onboarded_are_congratulated_where_the_rule_says_so() {
    for joins in Joins::ALL {
        let t = stage(joins, "onboarded").await;
        joins.walk(&t).await;
        go_on(&t).await;
        assert_eq!(t.jobs("congratulate").await.len(), usize::from(joins.is_onboarded()), "{joins:?}");
        let ada = &t.people().await[0];
        assert!(ada.activated_at.is_some(), "{joins:?}: it is an activation all the same");
    }
}

#[tokio::test]
async fn every_way_is_found_in_the_log_when_no_webhook_arrived() {
    for joins in [Joins::Made, Joins::Invited, Joins::Link, Joins::MadeByHand, Joins::ThirdParty, Joins::Room] {
        let t = stage(joins, "everyone-new").await;
        t.shut();
        // Of the steps nothing arrives; what the log has of them is all that is known.
        joins.walk(&t).await;
        t.reopen();
        assert!(t.jobs("congratulate").await.is_empty(), "{joins:?}");
        let told = crate::catching_up::read(&t, usher::catch_up::Order::default()).await;
        assert!(told.taken_in > 0 && told.seen == 0, "{joins:?}: {told:?}");
        t.drain().await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done, "{joins:?}");
        go_on(&t).await;
        assert_eq!(t.jobs("congratulate").await.len(), 1, "{joins:?}");
    }
}
