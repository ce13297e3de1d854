//! `before_start`, `at` and `zone`: what they yield, what is refused, and leads that outlive the letter's link.

use usher::config::Needs;
use usher::model::{Action, Moment};

use super::{SOUND, parse, refused, told};

const SMTP: &str =
    "[guard]\nnew_people_per_day = 50\n[smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"hello@example.com\"\n";

fn rule(onboard: &str) -> String {
    format!("{SOUND}[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\", {onboard} }}\n")
}

fn moment(onboard: &str) -> Moment {
    let config = parse(&rule(onboard), Needs::Everything).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    match &config.rules[0].asks[0].action {
        Action::Onboard(onboard) => onboard.before_start.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn problem(onboard: &str) -> String {
    refused(&rule(onboard))
}

#[test]
fn a_lead_is_read_with_its_time_and_zone_or_the_usual_ones() {
    let told = |onboard| {
        let Moment { days, at, zone } = moment(onboard);
        (days, at.to_string(), zone)
    };
    let of = |days, at: &str, zone: &str| (days, at.to_owned(), zone.to_owned());
    assert_eq!(told(r#"before_start = "3d""#), of(-3, "08:00:00", "UTC"));
    assert_eq!(told(r#"before_start = "0d", at = "00:00""#), of(0, "00:00:00", "UTC"));
    let all = r#"before_start = "1w 1d", at = "17:30", zone = "Europe/Berlin", remind_after = "5d", mode = "invite""#;
    assert_eq!(told(all), of(-8, "17:30:00", "Europe/Berlin"));
    assert_eq!(told(r#"before_start = "2 weeks""#).0, -14);
}

#[test]
fn a_lead_is_part_of_the_parameters() {
    let config = parse(&rule(r#"before_start = "3d", zone = "Europe/Berlin""#), Needs::Everything).unwrap();
    let params = config.rules[0].asks[0].action.params();
    assert_eq!(params["before_start"], serde_json::json!({"days": -3, "at": "08:00:00", "zone": "Europe/Berlin"}));
    assert!(serde_json::from_value::<usher::model::Onboard>(params).unwrap().before_start.is_some());
}

#[test]
fn what_is_no_number_of_days_is_refused() {
    for text in ["", "3", "soon", "-3d", "3 days ago", "12h", "3d 12h", "1mo", "1y", "1.5d", "3661d", "99999999999d"] {
        let wrong = problem(&format!("before_start = \"{text}\""));
        assert!(
            wrong.contains("rules[0].onboard.before_start: ") && wrong.contains("number of whole days"),
            "{text}: {wrong}"
        );
        assert_eq!(wrong.lines().count(), 1, "{wrong}");
    }
    assert!(problem("before_start = 3").contains("before_start"));
    assert!(problem("before_start = { expr = \"event.title\" }").contains("before_start"));
}

#[test]
fn what_is_no_time_of_the_day_is_refused() {
    for text in ["25:00", "24:00", "8", "8:00", "08:60", "noon", "", "-08:00", "08:00Z", "2026-01-01T08:00"] {
        let wrong = problem(&format!("before_start = \"3d\", at = \"{text}\""));
        assert!(wrong.contains("onboard.at: ") && wrong.contains("write 08:00"), "{text}: {wrong}");
    }
}

#[test]
fn what_is_no_time_zone_is_refused() {
    for text in ["Europe/Atlantis", "Berlin", "+02:00", "UTC+2", "", "../etc/passwd", "Europe/"] {
        let wrong = problem(&format!("before_start = \"3d\", zone = \"{text}\""));
        assert!(wrong.contains("onboard.zone: ") && wrong.contains("such as Europe/Berlin"), "{text}: {wrong}");
    }
    assert_eq!(problem(r#"before_start = "x", at = "x", zone = "x""#).lines().count(), 3, "all at once");
}

#[test]
fn a_time_or_a_zone_of_nothing_is_refused() {
    for alone in ["at = \"08:00\"", "zone = \"UTC\""] {
        let wrong = problem(alone);
        assert!(wrong.contains("belongs to before_start, which is not there"), "{wrong}");
    }
    assert_eq!(problem(r#"at = "08:00", zone = "UTC""#).lines().count(), 2);
}

#[test]
fn a_lead_on_a_day_that_nobody_tells_is_refused() {
    let thin = SOUND.replace("generic-hmac", "thin");
    let text =
        format!("{thin}[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\", before_start = \"3d\" }}\n");
    assert_eq!(
        refused(&text),
        "usher.toml:10:43: rules[0].onboard.before_start: counts from event.starts_on, which employee.hired never has here (it comes from acme); map it in the connector or take this out\n"
    );
    let other = "[sources.own]\nconnector = \"generic-hmac\"\nsecrets = [{ env = \"ACME\" }]\n";
    let config = parse(&format!("{text}{other}{SMTP}"), Needs::Everything).unwrap();
    let warnings = told(&config.warnings);
    assert_eq!(
        warnings.lines().next().unwrap(),
        "usher.toml:10:43: rules[0].onboard.before_start: counts from event.starts_on, which never comes from acme, so each employee.hired from there is held; map it in the connector, or give those a rule without before_start"
    );
}

fn warned(onboard: &str) -> String {
    let text = format!("{}{SMTP}", rule(onboard));
    told(&parse(&text, Needs::Everything).unwrap_or_else(|problems| panic!("{}", told(&problems))).warnings)
}

#[test]
fn a_letter_whose_link_is_dead_on_the_first_day_is_told() {
    for sound in [
        r#"before_start = "7d""#,
        r#"before_start = "1w", mode = "invite""#,
        r#"before_start = "30d", mode = "link""#,
        r#"before_start = "10d", mode = "invite", remind_after = "3d""#,
        r#"before_start = "10d", mode = "invite", remind_after = "10d""#,
        r#"before_start = "10d", remind_after = "1d""#,
    ] {
        assert_eq!(warned(sound), "", "{sound}");
    }
    let invited = warned(r#"before_start = "10d", mode = "invite""#);
    assert!(
        invited.contains("onboard.before_start: mails the letter 10 days before the first day of work"),
        "{invited}"
    );
    assert!(
        invited.contains(r#"write "7d" or less, or add a remind_after of "3d" to "10d", which mails another"#),
        "{invited}"
    );
    assert!(
        warned(r#"before_start = "8d""#).contains(r#"remind_after of at most "8d""#),
        "created accounts are told how"
    );
    for late in [
        r#"before_start = "10d", mode = "invite", remind_after = "2d""#,
        r#"before_start = "10d", mode = "invite", remind_after = "11d""#,
        r#"before_start = "10d", remind_after = "11d""#,
    ] {
        assert!(warned(late).contains("its link lives 7 days"), "{late}");
    }
}
