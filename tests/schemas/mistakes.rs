//! Mistakes that both refuse; and what both take.

use std::sync::LazyLock;

use usher::config::{Config, Needs, SecretRef};
use usher::connector::{Catalog, Credentials, Format, Proof};
use usher::model::{Channel, EventKind, Existing, Mode, RoomAccess, Whom};

use super::{CONFIG, CONNECTOR};

const PORTAL: &str = "[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"KEY\" }\n";
const SOURCE: &str = "[sources.hr]\nconnector = \"generic-hmac\"\nsecrets = [{ env = \"HR\" }]\n";
const EVENT: &str = "[[event]]\nkind = \"employee.hired\"\nemployee_id = \"body.id\"\nemail = \"body.mail\"\n";
const AUTH: &str = "[auth]\nkind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x-sig\"\n";

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// What parser and schema say of a connector.
fn connector(text: &str) -> [String; 2] {
    let problems = Catalog::default().add("acme.toml", text).err().unwrap_or_default();
    [problems.iter().map(|problem| format!("{problem}\n")).collect(), CONNECTOR.problems(text)]
}

/// What parser and schema say of a configuration.
fn config(text: &str) -> [String; 2] {
    let any = |_: SecretRef<'_>| Ok("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".to_owned());
    let problems = Config::parse("usher.toml", text, &CATALOG, &any, Needs::Everything).err().unwrap_or_default();
    [problems.iter().map(|problem| format!("{problem}\n")).collect(), CONFIG.problems(text)]
}

/// Assert that parser and schema both refuse this text.
fn refused([parser, schema]: [String; 2], text: &str) {
    assert!(!parser.is_empty() && !schema.is_empty(), "{text}\nthe parser says: {parser}\nthe schema says: {schema}");
}

/// A connector with an `[auth]` table and more before or after it.
fn around(before: &str, after: &str) -> String {
    format!("name = \"acme\"\n{before}\n{AUTH}{after}")
}

#[test]
fn both_refuse_a_connector_with_a_mistake() {
    let before = |rest: &str| around(rest, EVENT);
    assert_eq!(connector(&before("")), ["", ""]);
    for text in [
        format!("{AUTH}{EVENT}"),
        "name = \"acme\"\n".to_owned(),
        "name = \"acme\"\nlimits = \"none\"\nsetup = \"x\"\n".to_owned(),
        before("nam = \"x\""),
        before("answer = 404"),
        before("answer = \"200\""),
        before("title = 7"),
        before("decode = \"xml\""),
        before("decode = []"),
        before("decode = [\"json\", \"json\"]"),
        before("dedupe = [\"json:/id\"]"),
        before("dedupe = [[]]"),
        before("dedupe = [[\"query:id\"]]"),
        before("evidence = { scheme = \"sure\" }"),
        before("evidence = { signature = \"vendor\" }"),
        before("sender = { deadline = 3 }"),
        before("sender = { deadline = \"soon\" }"),
        before("options = 7"),
    ] {
        refused(connector(&text), &text);
    }
}

#[test]
fn both_refuse_a_scheme_with_a_mistake() {
    for table in [
        "kind = \"rsa\"",
        "signed = \"{body}\"\nsig = \"header:x\"",
        "kind = \"hmac\"\nsig = \"header:x\"",
        "kind = \"hmac\"\nsigned = \"{body}\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"x-sig\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"query:sig\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\nentry = \"v1=\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\nencoding = \"rot13\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\ntoken = \"header:y\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\nid = \"query:y\"",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\ntimestamp = { unit = \"s\" }",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\ntimestamp = { src = \"header:y\", unit = \"h\" }",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\ntimestamp = { src = \"header:y\", tolerance = -1 }",
        "kind = \"hmac\"\nsigned = \"{body}\"\nsig = \"header:x\"\nsecret = { decode = \"rot13\" }",
        "kind = \"token\"",
        "kind = \"token\"\ntoken = \"cookie:x\"",
        "kind = \"token\"\ntoken = \"header:x\"\nmatch = \"any\"",
        "kind = \"token\"\ntoken = \"header:x\"\nsigned = \"{body}\"",
        "kind = \"basic\"\ntoken = \"header:x\"",
    ] {
        let text = format!("name = \"acme\"\n[auth]\n{table}\n");
        refused(connector(&text), &text);
    }
}

#[test]
fn both_refuse_tables_with_a_mistake() {
    let after = |rest: &str| around("", rest);
    for text in [
        after("[fields]\nsalary = \"item.salary\"\n"),
        after("[[event]]\nemployee_id = \"body.id\"\nemail = \"body.mail\"\n"),
        after(&EVENT.replace("hired", "promoted")),
        after(&EVENT.replace("\"body.id\"", "7")),
        after(&format!("{EVENT}fetch = \"no\"\n")),
        after("[[handshake]]\nanswer = 200\n"),
        after("[[handshake]]\nmethod = \"PUT\"\n"),
        after("[[handshake]]\nmethod = \"POST\"\n"),
        after("[[handshake]]\nmethod = \"GET\"\nanswer = 302\n"),
        after("[[handshake]]\nmethod = \"GET\"\nmatch = { \"cookie:x\" = true }\n"),
        after("[[handshake]]\nmethod = \"GET\"\nmatch = { \"header:x\" = false }\n"),
        after("[[handshake]]\nmethod = \"GET\"\nmatch = { \"header:x\" = [] }\n"),
        after("[[handshake]]\nmethod = \"GET\"\necho = { from = \"query:x\" }\n"),
        after("[[handshake]]\nmethod = \"GET\"\necho = { from = \"query:x\", to = \"body\" }\n"),
        after("[[handshake]]\nmethod = \"GET\"\nsecret = \"cookie:x\"\n"),
        after("[fetch]\nbase = \"https://a.example\"\n"),
        after("[fetch]\npath = \"v1\"\n"),
        after("[fetch]\npath = \"/v1?x=1\"\n"),
        after("[fetch]\npath = \"/v1\"\nbase = \"a.example\"\n"),
        after("[fetch]\npath = \"/v1\"\nauth = [\"digest\"]\n"),
        after("[fetch]\npath = \"/v1\"\nper_minute = 0\n"),
        after("[fetch]\npath = \"/v1\"\ntimeout = 10\n"),
    ] {
        refused(connector(&text), &text);
    }
}

#[test]
fn both_refuse_a_configuration_with_a_mistake() {
    let with = |rest: &str| format!("{PORTAL}{SOURCE}{rest}");
    assert_eq!(config(&with("")), ["", ""]);
    for text in [
        with("colour = 1\n").replace("colour = 1\n", "[colour]\n"),
        with("[server]\nlisten = \"localhost\"\n"),
        with("[server]\npublic_url = \"usher.example.com\"\n"),
        with("[server]\nbody_limit = 0\n"),
        with("[server]\nport = 80\n"),
        with("[store]\nurl = \"usher.db\"\n"),
        with("[connectors]\n"),
        with("[worker]\nconcurrency = 65\n"),
        with("[retention]\njobs_days = 0\n"),
        with("[guard]\nnew_people_per_day = -1\n"),
        with("[guard]\nemail_domains = []\n"),
        with("[guard]\nemail_domains = [\"ada@example.com\"]\n"),
        with("[guard]\nhired_at_most_ago = 30\n"),
        with("[smtp]\nhost = \"smtp.example.com\"\n"),
        with("[smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@example.com\"\ntls = \"ssl\"\n"),
        with("[smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@example.com\"\nuser = \"a\"\n"),
        with("[receivers.chat]\nurl = \"https://chat.example.com\"\n"),
        with("[texts.own.en]\nsubject = \"x\"\n"),
        with("[texts.own.\"no language\"]\nsubject = \"x\"\ntext = \"y\"\n"),
        with("reconcile = 6\n").replace("[sources.hr]", "[docspac]"),
    ] {
        refused(config(&text), &text);
    }
}

#[test]
fn both_refuse_a_portal_or_a_source_with_a_mistake() {
    for text in [
        PORTAL.replace("api_key = { env = \"KEY\" }\n", "") + SOURCE,
        PORTAL.replace("{ env = \"KEY\" }", "\"sk-1\"") + SOURCE,
        PORTAL.replace("env =", "enw =") + SOURCE,
        PORTAL.replace("{ env = \"KEY\" }", "{ env = \"KEY\", file = \"key\" }") + SOURCE,
        PORTAL.replace("portal.example.com", "portal.example.com/api") + SOURCE,
        SOURCE.replace("[sources.hr]", "[sources.\"HR dept\"]"),
        SOURCE.replace("connector = \"generic-hmac\"\n", ""),
        SOURCE.replace("secrets = [{ env = \"HR\" }]\n", ""),
        SOURCE.replace("[{ env = \"HR\" }]", "[]"),
        SOURCE.replace("[{ env = \"HR\" }]", "{ env = \"HR\" }"),
        SOURCE.replace("[{ env = \"HR\" }]", "[\"s3cret\"]"),
        format!("{SOURCE}accept_assumptions = \"yes\"\n"),
        format!("{SOURCE}awaiting_secret = 1\n"),
        format!("{SOURCE}options = 1\n"),
        format!("{SOURCE}auth = {{ kind = \"token\" }}\n"),
        format!("{SOURCE}auth = {{ encoding = \"rot13\" }}\n"),
        format!("{SOURCE}auth = {{ colour = \"blue\" }}\n"),
    ] {
        refused(config(&text), &text);
    }
}

#[test]
fn both_refuse_a_rule_with_a_mistake() {
    let with = |rest: &str| format!("{PORTAL}{SOURCE}{rest}");
    let rule = |action: &str| with(&format!("[[rules]]\non = \"employee.hired\"\n{action}\n"));
    let congratulate =
        |table: &str| with(&format!("[[rules]]\non = \"user.activated\"\ncongratulate = {{ {table} }}\n"));
    assert_eq!(config(&rule("onboard = { type = \"User\" }")), ["", ""]);
    for text in [
        with("[[rules]]\non = \"employee.hired\"\n"),
        rule("onboard = { }"),
        rule("onboard = { type = \"All\" }"),
        rule("onboard = { type = \"RoomAdmin\" }"),
        rule("onboard = { type = { exp = \"event.title\" } }"),
        rule("onboard = { type = \"User\", mode = \"mail\" }"),
        rule("onboard = { type = \"User\", groups = \"All\" }"),
        rule("onboard = { type = \"User\", rooms = [1] }"),
        rule("onboard = { type = \"User\", rooms = [{ id = 1, access = \"write\" }] }"),
        rule("onboard = { type = \"User\", at = \"08:00\" }"),
        rule("onboard = { type = \"User\", before_start = \"3d\", at = \"8\" }"),
        rule("onboard = { type = \"User\", on_existing = { active = \"drop\" } }"),
        rule("update = { }"),
        rule("disable = { at = \"18:00\" }"),
        rule("enable = { now = true }"),
        rule("invite = { type = \"User\" }"),
        rule("onboard = { type = \"User\" }").replace("employee.hired", "employee.hird"),
        congratulate(""),
        congratulate("via = []"),
        congratulate("via = [\"fax\"]"),
        congratulate("via = [\"sendcongratulations\"]"),
        congratulate("via = [\"mention\"]"),
        congratulate("via = [\"room\"]"),
        congratulate("via = [\"webhook\"]"),
        congratulate("key = \"k\", whom = \"all\""),
        congratulate("via = [\"mention\"], file = 0"),
    ] {
        refused(config(&text), &text);
    }
}

#[test]
fn both_know_how_a_platform_is_asked() {
    let source = |fetch: &str| {
        format!("[sources.bob]\nconnector = \"hibob\"\nsecrets = [{{ env = \"BOB\" }}]\n[sources.bob.fetch]\n{fetch}\n")
    };
    for sound in ["basic = { user = \"u\", password = { env = \"P\" } }", "basic = { user = { env = \"U\" } }"] {
        assert_eq!(config(&source(sound)), ["", ""], "{sound}");
    }
    let basic = "basic = { user = \"u\", password = { env = \"P\" } }";
    for wrong in [
        "basic = { password = { env = \"P\" } }".to_owned(),
        "basic = { user = \"u\" }".to_owned(),
        "basic = { user = \"u\", password = \"written\" }".to_owned(),
        "basic = { user = \"u:v\", password = { env = \"P\" } }".to_owned(),
        format!("{basic}\nbearer = {{ env = \"B\" }}"),
        format!("{basic}\nper_minute = 0"),
        format!("{basic}\nbase = \"api.example\""),
        format!("{basic}\nallow = \"hr.internal\""),
        format!("{basic}\nheaders = {{ x = \"written\" }}"),
        "oauth2 = { client_id = \"c\" }".to_owned(),
        "bearer = \"written\"".to_owned(),
    ] {
        refused(config(&source(&wrong)), &wrong);
    }
}

/// The words of a closed list in a schema.
fn words(schema: &super::Schema, pointer: &str) -> Vec<String> {
    let words = schema.json.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_array().unwrap();
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn closed_lists_are_those_of_the_program() {
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words
    };
    let all = |words: &[&str]| sorted(words.iter().map(|word| (*word).to_owned()).collect());
    let kinds = EventKind::ALL.map(EventKind::as_str);
    for (schema, pointer, known) in [
        (&*CONNECTOR, "/$defs/format/enum", all(&Format::ALL.map(Format::as_str))),
        (&*CONNECTOR, "/$defs/proof/enum", all(&Proof::ALL.map(Proof::as_str))),
        (&*CONNECTOR, "/properties/fetch/properties/auth/items/enum", all(&Credentials::ALL.map(Credentials::as_str))),
        (&*CONNECTOR, "/properties/event/items/properties/kind/enum", all(&kinds)),
        (&*CONFIG, "/$defs/rule/properties/on/enum", all(&kinds)),
        (&*CONFIG, "/$defs/room/properties/access/enum", all(&RoomAccess::ALL.map(RoomAccess::as_str))),
        (&*CONFIG, "/$defs/onboard/properties/mode/enum", all(&Mode::ALL.map(Mode::as_str))),
        (
            &*CONFIG,
            "/$defs/onboard/properties/on_existing/properties/active/enum",
            all(&Existing::ALL.map(Existing::as_str)),
        ),
        (&*CONFIG, "/$defs/congratulate/properties/via/items/enum", all(&Channel::ALL.map(Channel::as_str))),
        (&*CONFIG, "/$defs/congratulate/properties/whom/enum", all(&Whom::ALL.map(Whom::as_str))),
    ] {
        assert_eq!(sorted(words(schema, pointer)), known, "{pointer}");
    }
}
