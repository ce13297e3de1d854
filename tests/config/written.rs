//! The configurations that come with the program: what is switched off in them is right as well, and nothing is missing.

use std::collections::BTreeSet;

use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::model::{Action, Channel};

use super::told;

const EXAMPLE: &str = include_str!("../../deploy/usher.example.toml");
const INIT: &str = include_str!("../../src/cli/init.toml");

fn read(text: &str) -> Config {
    let any = |_: SecretRef<'_>| Ok("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".to_owned());
    let config = Config::parse("usher.toml", text, &Catalog::embedded().unwrap(), &any, Needs::Everything);
    let config = config.unwrap_or_else(|problems| panic!("{}\n{text}", told(&problems)));
    assert_eq!(told(&config.warnings), "");
    assert_eq!(told(&config.serve_problems()), "");
    config
}

/// The same with everything switched on: lines that begin with `#` and no space.
fn switched_on(text: &str) -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(on).collect()
}

fn channels(config: &Config) -> Vec<Channel> {
    let asks = config.rules.iter().flat_map(|rule| &rule.asks);
    let via = asks.filter_map(|ask| match &ask.action {
        Action::Congratulate(wanted) => Some(wanted.via.clone()),
        Action::Onboard(_) | Action::Update(_) | Action::Disable(_) | Action::Enable(_) => None,
    });
    via.flatten().collect()
}

#[test]
fn what_init_writes_is_right_as_it_is_and_with_everything_switched_on() {
    let config = read(INIT);
    assert!(config.smtp.is_none());
    assert_eq!(channels(&config), [Channel::SendCongratulations]);
    let first = "congratulate = { via = [\"sendcongratulations\"], key = \"welcome_guest\" }\n";
    assert!(INIT.contains(first), "the first of the two lines is switched off below");
    let config = read(&switched_on(&INIT.replace(first, "")));
    assert!(config.smtp.is_some());
    assert_eq!(channels(&config), [Channel::Letter, Channel::Smtp]);
}

#[test]
fn the_example_is_right_with_everything_switched_on() {
    let config = read(&switched_on(EXAMPLE));
    assert_eq!(config.portals.iter().map(|portal| portal.name.as_str()).collect::<Vec<_>>(), ["docspace", "partners"]);
    assert_eq!(config.portals[0].limits, usher::config::CallLimits::default(), "the limits shown are the usual ones");
    let shown: BTreeSet<_> = channels(&config).into_iter().map(Channel::as_str).collect();
    assert_eq!(shown, Channel::ALL.map(Channel::as_str).into(), "every channel is shown");
}

/// A configuration with an unknown key in every table.
const ODD: &str = r#"
odd = 1
server = { odd = 1 }
admin = { odd = 1 }
store = { odd = 1 }
connectors = { directory = "connectors.d", odd = 1 }
worker = { odd = 1 }
retention = { odd = 1 }
guard = { odd = 1 }
docspace = { url = "https://portal.example.com", api_key = { env = "ODD" }, odd = 1, limits = { odd = 1 } }
smtp = { host = "smtp.example.com", from = "a@example.com", odd = 1 }
receivers.chat = { url = "https://chat.example.com", secret = { env = "ODD" }, odd = 1 }
texts.own.en = { subject = "s", text = "t", odd = 1 }
sources.hr = { connector = "generic-hmac", secrets = [{ env = "ODD", odd = 1 }], odd = 1 }
sources.key = { connector = "bamboohr-events", secrets = [{ env = "ODD" }], fetch = { basic = { odd = 1 }, odd = 1 } }
sources.client = { connector = "microsoft-graph", secrets = [{ env = "ODD" }], fetch = { oauth2 = { odd = 1 } } }
[[rules]]
on = "user.activated"
odd = 1
onboard = { type = { expr = "event.title", odd = 1 }, odd = 1, on_existing = { odd = 1 }, rooms = [{ id = 1, odd = 1 }] }
congratulate = { key = "k", odd = 1 }
update = { groups = [], odd = 1 }
disable = { odd = 1 }
"#;

/// The keys that the refusals of [`ODD`] list.
fn keys() -> BTreeSet<String> {
    let any = |_: SecretRef<'_>| Ok("0123456789abcdef".to_owned());
    let problems = Config::parse("odd.toml", ODD, &Catalog::embedded().unwrap(), &any, Needs::Everything).unwrap_err();
    let mut keys = BTreeSet::new();
    let mut tables = BTreeSet::new();
    for problem in problems.iter().filter(|problem| problem.key.split(['.', '[']).next_back() == Some("odd")) {
        let (_, list) = problem.message.split_once("; ").unwrap();
        let (table, list) = list.split_once(" has ").or_else(|| list.split_once(" are ")).unwrap();
        tables.insert(table.to_owned());
        keys.extend(list.replace(" and ", ", ").replace(" or ", ", ").split(", ").map(str::to_owned));
    }
    let tables = Vec::from_iter(tables);
    assert_eq!(tables.len(), ODD.matches("odd = 1").count(), "one list for each table: {tables:?}");
    keys
}

#[test]
fn the_example_shows_every_key() {
    let on = switched_on(EXAMPLE);
    let settings = on.lines().map(|line| line.split_once(" # ").map_or(line, |(setting, _)| setting));
    let settings: String = settings.filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n");
    let shown: BTreeSet<_> = settings.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing: Vec<_> = keys().into_iter().filter(|key| !shown.contains(key.as_str())).collect();
    assert_eq!(missing, Vec::<String>::new());
}
