//! Thin payloads: what is asked of the platform, by which call, and what its answer means.

use super::*;

const THIN: &str = r#"
[fetch]
base = "https://api.acme.example"
path = "/v1/staff/{{ item.id }}"
query = { fields = "mail,first name", team = "{{ item.team or 'none' }}" }
headers = { "x-version" = "3" }
auth = ["bearer"]

[fields]
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.name"

[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'new' and fetched.state == 'active'"

[[event]]
kind = "employee.updated"
items = "body.people"
when = "item.news == 'changed'"

[[event]]
kind = "employee.terminated"
items = "body.people"
when = "item.news == 'gone'"
fetch = false
"#;

fn input<'a>(body: &'a [u8], options: &'a Map<String, Json>, fetched: Option<&'a Json>) -> Input<'a> {
    Input { source: "acme", options, headers: &[], body, fetched, today: TODAY }
}

fn thin(connector: &Connector, body: &Json) -> Vec<usher::connector::Thin> {
    let (options, body) = (Map::new(), body.to_string());
    connector.thin(&input(body.as_bytes(), &options, None)).unwrap().0
}

fn people() -> Json {
    json!({"people": [
        {"id": "a/b ü", "news": "new"}, {"id": 8, "news": "changed", "team": "x&y"}, {"id": 9, "news": "gone"},
        {"id": 10, "news": "birthday"}, {"id": "..", "news": "new"}, {"news": "new"},
    ]})
}

#[test]
fn each_item_that_may_mean_something_is_asked_for_once_at_an_address_of_its_own() {
    let connector = acme(THIN);
    let thin = thin(&connector, &people());
    let items: Vec<_> = thin.iter().map(|thin| (thin.item, thin.of.as_str())).collect();
    assert_eq!(items, [0, 1, 2, 4, 5].map(|item| (item, "body.people")));
    let address = |at: usize| thin[at].call.as_ref().unwrap().as_ref().unwrap().path_and_query.clone();
    assert_eq!(address(0), "/v1/staff/a%2Fb%20%C3%BC?fields=mail,first%20name&team=none");
    assert_eq!(address(1), "/v1/staff/8?fields=mail,first%20name&team=x%26y");
    assert_eq!(thin[2].call, None, "of somebody who is gone nothing is asked");
    assert_ne!(thin[2].subject, thin[1].subject);
    for at in [3, 4] {
        let problem = thin[at].call.as_ref().unwrap().as_ref().unwrap_err();
        assert!(problem.what.contains("item.id") && problem.at.contains("fetch"), "{problem}");
    }
}

#[test]
fn a_value_with_dots_behind_a_slash_leads_nowhere() {
    let connector = acme(THIN);
    for id in ["../admin", "7/../../admin", "..\\admin", "7/.", "a/..", "./7"] {
        let thin = thin(&connector, &json!({"people": [{"id": id, "news": "new"}]}));
        assert!(thin[0].call.as_ref().unwrap().is_err(), "{id}");
    }
    let thin = thin(&connector, &json!({"people": [{"id": "a/..b", "news": "new"}, {"id": "%2e%2e", "news": "new"}]}));
    assert!(thin.iter().all(|thin| thin.call.as_ref().unwrap().is_ok()), "{thin:?}");
}

#[test]
fn one_item_taken_alone_is_what_it_is_among_all() {
    let (options, body) = (Map::new(), people().to_string());
    let fetched = json!({"mail": "ada@corp.example", "name": "Ada", "state": "active"});
    for text in [THIN.to_owned(), THIN.replace("items = \"body.people\"\n", "")] {
        let connector = acme(&text);
        let of = connector.items_of(0).unwrap().to_owned();
        let all = thin(&connector, &people());
        let bare = input(body.as_bytes(), &options, None);
        let whole = connector.map(&input(body.as_bytes(), &options, Some(&fetched))).unwrap();
        for item in 0..7 {
            let alone = connector.thin_item(&bare, &of, item).unwrap();
            assert_eq!(alone.as_ref(), all.iter().find(|thin| thin.item == item), "{item}");
            let alone = connector.map_item(&input(body.as_bytes(), &options, Some(&fetched)), &of, item).unwrap();
            let among: Vec<_> = whole.iter().filter(|mapped| mapped.item == item).cloned().collect();
            assert_eq!(alone, among, "{item}");
        }
        assert_eq!(connector.thin_item(&bare, "body.others", 0).unwrap(), None);
    }
}

#[test]
fn an_answer_completes_its_item_and_no_answer_is_a_problem_of_it() {
    let connector = acme(THIN);
    let (options, body) = (Map::new(), people().to_string());
    let fetched = json!({"mail": "ada@corp.example", "name": "Ada", "state": "active"});
    let left = json!({"state": "left"});
    let map =
        |fetched, item| connector.map_item(&input(body.as_bytes(), &options, fetched), "body.people", item).unwrap();
    let hired = map(Some(&fetched), 0).remove(0).result.unwrap();
    assert_eq!((hired.kind.as_str(), hired.email.as_deref()), ("employee.hired", Some("ada@corp.example")));
    assert_eq!(map(Some(&left), 0), []);
    let gone = map(Some(&fetched), 2).remove(0).result.unwrap();
    assert_eq!((gone.kind.as_str(), gone.email), ("employee.terminated", None), "its answer is not believed");
    assert!(map(None, 2)[0].result.is_ok());
    let problem = map(None, 0).remove(0).result.unwrap_err();
    assert!(problem.what.contains("was not asked"), "{problem}");
    assert_eq!(map(None, 3), []);
}

#[test]
fn what_is_worth_a_question_can_be_said() {
    let connector = acme(&THIN.replace("[fetch]", "[fetch]\nwhen = \"item.id | string != '8'\""));
    let items: Vec<_> = thin(&connector, &people()).iter().map(|thin| thin.item).collect();
    assert_eq!(items, [0, 2, 4, 5]);
}

#[test]
fn a_platform_that_reads_by_post_gets_a_body_with_the_values_in_it() {
    let post = "post = { requests = [{ id = \"{{ item.id }}\", all = true }], of = 1 }\n[fields]";
    let connector = acme(&THIN.replacen("[fields]", post, 1));
    let call = thin(&connector, &json!({"people": [{"id": "a\"b", "news": "new"}]})).remove(0).call.unwrap().unwrap();
    assert_eq!(call.body, Some(json!({"requests": [{"id": "a\"b", "all": true}], "of": 1})));
}

#[test]
fn a_table_of_calls_that_cannot_be_made_is_refused() {
    let wrong = [
        ("path = \"v1\"", "must begin with a slash"),
        ("path = \"/v1?x={{ item.id }}\"", "no ? or #"),
        ("path = \"/v1/{{ itm.id }}\"", "unknown variable itm"),
        ("path = \"/v1/{{ fetched.id }}\"", "unknown variable fetched"),
        ("base = \"acme.example\"\npath = \"/\"", "is not an address"),
        ("base = \"https://a:b@acme.example\"\npath = \"/\"", "must hold no user"),
        ("path = \"/\"\nauth = [\"digest\"]", "must be bearer, basic or oauth2"),
        ("path = \"/\"\ntimeout = \"10\"", "must be a time from 1s to 30s"),
        ("path = \"/\"\nper_minute = 0", "from 1 to 6000"),
        ("path = \"/\"\nheaders = { \"a b\" = \"c\" }", "is not a header"),
        ("path = \"/\"\nretries = 3", "is not a key here"),
        ("base = \"https://acme.example\"", "is missing"),
    ];
    for (table, reason) in wrong {
        let problems = refusal("acme.toml", &format!("name = \"acme\"\n{AUTH}[fetch]\n{table}\n"));
        assert!(problems.contains(reason) && problems.contains("acme.toml"), "{table}: {problems}");
    }
}
