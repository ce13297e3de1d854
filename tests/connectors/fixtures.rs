//! Every connector of the program against its fixtures, judged as `usher connectors test fixtures` judges them.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use usher::auth::dedupe_keys;
use usher::connector::Probe;
use usher::connector::trial::{self, Fault};

use super::*;

/// What is wrong with a fixture, with the difference where there is one.
fn tell(fault: &Fault) -> String {
    match fault {
        Fault::Differs { what, told, .. } => format!("{what}; it comes to\n{told}"),
        fault => fault.what().to_owned(),
    }
}

#[test]
fn every_fixture_is_signed_with_the_documented_secret_and_comes_to_what_its_expected_file_says() {
    let mut wrong = Vec::new();
    for (connector, folder) in fixtures() {
        for files in &folder.cases {
            let faults = trial::judge(&connector, &files.case()).faults;
            let place = folder.request(&files.name);
            wrong.extend(faults.iter().map(|fault| format!("{}: {}", place.display(), tell(fault))));
        }
        wrong.extend(folder.strays.iter().map(|name| format!("{}/{name} belongs to no request", folder.name)));
    }
    assert!(
        wrong.is_empty(),
        "`usher connectors test fixtures --update` writes what can be written:\n{}",
        lines(&wrong)
    );
}

#[test]
fn every_connector_has_a_fixture_for_each_kind_it_declares_and_one_to_ignore() {
    let mut lacking = Vec::new();
    let mut known: BTreeMap<_, _> = fixtures().into_iter().map(|(c, folder)| (c.name.clone(), folder)).collect();
    for connector in catalog().iter() {
        let cases = known.remove(&connector.name).unwrap_or_default().cases;
        let verdicts: Vec<_> = cases.iter().map(|files| trial::judge(connector, &files.case())).collect();
        lacking.extend(trial::lacking(connector, &verdicts).iter().map(|what| format!("{} {what}", connector.name)));
    }
    assert!(lacking.is_empty(), "{}", lines(&lacking));
}

#[test]
fn every_folder_of_fixtures_belongs_to_a_connector() {
    let (catalog, folders) = (catalog(), usher::app::fixtures::read(&fixtures_directory()).unwrap());
    assert!(folders.len() >= 5, "only {} folders have been found", folders.len());
    let strays: Vec<_> = folders.iter().filter(|folder| catalog.get(&folder.name).is_none()).collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn docspace_knows_a_delivery_by_its_log_row_and_by_what_was_published() {
    let catalog = catalog();
    let connector = catalog.get("docspace").unwrap();
    let path = cases("docspace").into_iter().find(|path| path.ends_with("user-invited.http")).unwrap();
    let body = Bytes::from(read(&path).body);
    let keys = dedupe_keys(&connector.scheme, &connector.dedupe, &HeaderMap::new(), &body);
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "json:/webhook/id,json:/event/id,json:/event/createOn",
            "json:/event/trigger,json:/payload/id,json:/event/createOn,sha256:json:/payload",
        ]
    );
}

#[test]
fn docspace_answers_an_unsigned_head_and_nothing_else_unsigned() {
    let catalog = catalog();
    let docspace = catalog.get("docspace").unwrap();
    let headers = HeaderMap::new();
    let ask = |connector: &Connector, method: Method| {
        let probe = Probe { method: &method, query: "", headers: &headers, body: b"" };
        connector.handshake(probe).map(|reply| reply.answer.status)
    };
    assert_eq!(ask(docspace, Method::HEAD), Some(StatusCode::OK));
    assert_eq!(ask(docspace, Method::POST), None);
    assert_eq!(ask(docspace, Method::GET), None);
    assert_eq!(ask(catalog.get("bamboohr").unwrap(), Method::HEAD), None);
    assert_eq!(docspace.methods(), [Method::POST, Method::HEAD]);
    assert_eq!(catalog.get("bamboohr").unwrap().methods(), [Method::POST]);
}
