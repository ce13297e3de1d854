use serde_json::{Value, json};

use crate::stage::Stage;

const LINKS: &str = "/portal/users/invitationlink";

async fn at(version: &str) -> Stage {
    Stage::with(|settings| settings.version = version.to_owned()).await
}

#[tokio::test]
async fn the_version_is_told_wherever_it_is_asked_for() {
    for version in ["3.6.1", "3.7.2"] {
        let stage = at(version).await;
        assert_eq!(stage.get("/settings").await.ok()["version"], version);
        assert_eq!(stage.get("/settings/version/build").await.ok()["docSpace"], version);
    }
}

#[tokio::test]
async fn calls_that_came_with_3_7_are_missing_before() {
    for (version, is_there) in [("3.1.1", false), ("3.6.1", false), ("3.7.0", true), ("4.0.0", true), ("next", true)] {
        let stage = at(version).await;
        let exists = stage.get("/people/exists?email=ada@example.com").await;
        let made = stage.post(LINKS, json!({ "employeeType": "User" })).await;
        let shown = stage.get(&format!("{LINKS}/User")).await;
        if is_there {
            exists.ok();
            assert_eq!(made.ok(), shown.ok());
            continue;
        }
        // This path is a user name to an old server.
        exists.refused(404);
        made.empty(404);
        shown.empty(404);
        stage.put(LINKS, json!({ "id": "x" })).await.empty(404);
        stage.take_out(LINKS, json!({ "id": "x" })).await.empty(404);
        stage.get("/portal/users/invite/User").await.ok();
    }
}

#[tokio::test]
async fn an_old_server_skips_silently_whom_a_new_one_refuses() {
    let refused = [("no address", "User", 400), ("guest@example.com", "Guest", 403), ("gone@example.com", "User", 400)];
    for version in ["3.6.1", "3.7.2"] {
        let stage = at(version).await;
        let gone = stage.create("gone@example.com").await;
        stage.terminate(&gone).await;
        for (email, kind, status) in refused {
            let items = json!([{ "email": email, "type": kind }, { "email": "ada@example.com", "type": "User" }]);
            let answer = stage.post("/people/invite", json!({ "invitations": items })).await;
            assert_eq!(answer.status, if version == "3.6.1" { 200 } else { status }, "{version} {email}");
        }
        let users: Vec<_> = stage.sandbox.state().users.into_iter().map(|user| user.email).collect();
        let expected: &[&str] =
            if version == "3.6.1" { &["gone@example.com", "ada@example.com"] } else { &["gone@example.com"] };
        assert_eq!(users, expected);
    }
}

#[tokio::test]
async fn creating_is_refused_the_same_way_by_every_version() {
    for version in ["3.6.1", "3.7.2"] {
        let stage = at(version).await;
        let member = |kind: &str, first: &str| -> Value {
            json!({ "email": "ada@example.com", "firstName": first, "type": kind })
        };
        stage.post("/people", member("Guest", "Ada")).await.refused(403);
        stage.post("/people", member("User", "R2")).await.refused(400);
        stage.post("/people", member("User", "Ada")).await.ok();
        stage.post("/people", member("User", "Ada")).await.refused(400);
    }
}
