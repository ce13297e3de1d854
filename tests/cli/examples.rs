//! `usher connectors example`, and what `show` gives to copy: a platform is tried with the program alone.

use std::fs;
use std::path::Path;

use usher::config::{Config, Needs};
use usher::connector::Catalog;

use crate::stage::{HR_SECRET, Place};

/// The fixtures that the program was built with.
fn original(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file)).unwrap()
}

#[test]
fn the_examples_of_a_platform_are_listed_with_what_each_tells_and_printed_to_the_byte() {
    let place = Place::empty();
    let list = place.run(&["connectors", "example", "bamboohr"]).good();
    let tells = |name: &str| {
        let mut rows = list.out.lines().filter_map(|line| line.trim().split_once("  "));
        rows.find(|(row, _)| *row == name).unwrap_or_else(|| panic!("{list:#?}")).1.trim().to_owned()
    };
    assert_eq!(tells("hired"), "employee.hired");
    assert!(list.out.contains("nothing: it is ignored"), "{list:#?}");
    let handshakes = place.run(&["connectors", "example", "microsoft-graph"]).good();
    assert!(handshakes.out.contains("a handshake, answered 200"), "{handshakes:#?}");
    let json = place.run(&["connectors", "example", "bamboohr", "--json"]).good().json();
    let hired = json.as_array().unwrap().iter().find(|row| row["name"] == "hired");
    assert_eq!(hired.expect("a row")["tells"], "employee.hired");
    let printed = place.run(&["connectors", "example", "bamboohr", "hired"]).good();
    assert_eq!(printed.out.as_bytes(), original("bamboohr/hired.http"));
}

#[test]
fn every_fixture_of_an_embedded_connector_is_in_the_program() {
    let mut count = 0;
    for connector in Catalog::embedded().iter() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(&connector.name);
        let mut wanted: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        wanted.sort();
        let files: Vec<_> =
            wanted.iter().map(|path| (path.file_name().unwrap().to_str().unwrap(), fs::read(path).unwrap())).collect();
        let own = usher::connector::examples(&connector.name);
        let own: Vec<_> = own.into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect();
        assert_eq!(own, files, "{}", connector.name);
        count += own.len();
    }
    assert!(count > 300, "{count}");
    assert_eq!(usher::connector::examples("nobody"), []);
}

#[test]
fn examples_are_written_all_or_none_and_never_over_anything() {
    let place = Place::empty();
    let one = place.run(&["connectors", "example", "bamboohr-events", "hired", "--to", "try"]).good();
    assert_eq!(one.out, "wrote try/hired.http\nwrote try/hired.expected.json\nwrote try/hired.fetched.json\n");
    assert!(one.notes().contains("usher replay try/hired.http --source NAME --wait"), "{one:#?}");
    assert_eq!(place.read("try/hired.http").as_bytes(), original("bamboohr-events/hired.http"));
    place.write("try/hired.http", "mine");
    let refused = place.run(&["connectors", "example", "bamboohr-events", "--to", "try"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:#?}");
    assert!(
        refused.err.contains("try/hired.expected.json exists already; nothing was written")
            || refused.err.contains("try/hired.http exists already; nothing was written"),
        "{refused:#?}"
    );
    assert_eq!(place.read("try/hired.http"), "mine");
    assert_eq!(fs::read_dir(place.path("try")).unwrap().count(), 3);
    place.run(&["connectors", "example", "bamboohr-events", "--to", "all"]).good();
    assert_eq!(fs::read_dir(place.path("all")).unwrap().count(), usher::connector::examples("bamboohr-events").len());
}

#[test]
fn an_example_of_ones_own_connector_lies_beside_it_and_what_is_not_there_is_refused() {
    let place = Place::empty();
    place.run(&["connectors", "new", "acme"]).good();
    place.write("usher.toml", "[connectors]\ndirectory = \"connectors.d\"\n");
    let printed = place.run(&["connectors", "example", "acme", "hired"]).good();
    assert_eq!(printed.out, place.read("connectors.d/acme/hired.http"));
    place.write("connectors.d/bare.toml", "name = \"bare\"\n[auth]\nkind = \"token\"\ntoken = \"header:x\"\n");
    for (args, code, told) in [
        (&["acme", "nobody"][..], 2, "acme has no example 'nobody'; `usher connectors example acme` lists them"),
        (&["bambohr"], 2, "there is no connector 'bambohr'; is bamboohr"),
        (&["adp"], 2, "adp cannot post webhooks"),
        (&["bare"], 1, "there are no examples of bare"),
    ] {
        let refused = place.run(&[&["connectors", "example"], args].concat());
        assert_eq!((refused.code, refused.out.as_str()), (Some(code), ""), "{refused:#?}");
        assert!(refused.err.contains(told), "{refused:#?}");
    }
}

#[test]
fn an_example_is_explained_with_the_source_that_show_gives_to_copy() {
    let place = Place::empty();
    let shown = place.run(&["connectors", "show", "bamboohr", "--json"]).good().json();
    place.write("usher.toml", shown[0]["source"].as_str().unwrap());
    place.write("secrets/bamboohr", "Example-Secret-1\n");
    place.run(&["connectors", "example", "bamboohr", "hired", "--to", "."]).good();
    let explained =
        place.run(&["explain", "hired.http", "--source", "bamboohr", "--at", "1788249600", "--json"]).good();
    assert_eq!(explained.json()["verified"], true);
}

#[test]
fn the_source_that_show_gives_to_copy_is_right_for_every_platform_and_stands_there_as_it_is() {
    let place = Place::empty();
    let list = place.run(&["connectors", "--json"]).good().json();
    let secret = format!("usher:{HR_SECRET}");
    let catalog = Catalog::embedded();
    for row in list.as_array().unwrap().iter().filter(|row| row["source"].is_string()) {
        let (name, block) = (row["name"].as_str().unwrap(), row["source"].as_str().unwrap());
        let rest = "[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"KEY\" }\n[[rules]]\n\
                    on = \"user.activated\"\ncongratulate = { key = \"k\" }\n";
        let secret = match row["auth"]["kind"].as_str() {
            Some("basic") => secret.clone(),
            _ => catalog.get(name).unwrap().scheme.example_secret(),
        };
        let text = format!("{rest}{block}\n");
        let config = Config::parse(name, &text, &catalog, &|_| Ok(secret.clone()), Needs::Everything);
        let told = config.err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(told, "", "{block}");
    }
    let shown = place.run(&["connectors", "show", "bamboohr-events"]).good();
    let block = list.as_array().unwrap().iter().find(|row| row["name"] == "bamboohr-events").expect("a row");
    assert!(shown.out.contains(&format!("\n\n{}\n\n", block["source"].as_str().unwrap())), "{shown:#?}");
    let last = shown.out.lines().rev().take(2).collect::<Vec<_>>();
    assert_eq!(last[0], "examples   `usher connectors example bamboohr-events` says what each tells");
    assert!(last[1].starts_with("examples   ") && last[1].contains("hired"), "{shown:#?}");
}

#[test]
fn what_init_says_to_do_next_works_with_the_program_alone() {
    let place = Place::empty();
    let begun = place.run(&["init"]).good();
    let line = |word: &str| {
        let mut lines = begun.err.lines().filter_map(|line| line.trim().strip_prefix("usher "));
        let line = lines.find(|line| line.starts_with(word)).unwrap_or_else(|| panic!("{begun:#?}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    place.run(&line("connectors").iter().map(String::as_str).collect::<Vec<_>>()).good();
    let replay = line("replay");
    let explained = place.run(&["explain", &replay[1], "--source", &replay[3], "--json"]);
    assert_eq!(explained.json()["events"][0]["kind"], "employee.hired", "{explained:#?}");
}
