//! Receipts that are kept on request: found by their names, replayed by the service and by the library, found out where
//! they were edited.

use logis::Pack;
use logis::receipt::{Line, Receipt, Replay, SealCheck};
use rusqlite::Connection;
use serde_json::json;

use crate::client::{ask, get, post, service};
use crate::households::households;

#[test]
fn receipts_are_kept_on_request_and_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recus.sqlite");
    let path = file.clone();
    let running = service(move |options| options.receipts = Some(path));
    let to = running.address();
    let mut names = Vec::new();
    for record in households(3) {
        let asked =
            json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": record, "receipt": true });
        let answer = post(to, "/v1/decisions", &asked);
        assert_eq!(answer.status, 200, "{}", answer.text());
        names.push(answer.header("logis-receipt").unwrap().to_string());
        // The same decision has the same receipt.
        assert_eq!(
            post(to, "/v1/decisions", &asked).header("logis-receipt"),
            names.last().map(String::as_str)
        );
        let bare = json!({ "date": "2017-06-30", "rules": ["eligible_plai"], "record": record });
        assert!(post(to, "/v1/decisions", &bare).header("logis-receipt").is_none());
    }
    let answer = get(to, &format!("/v1/recus/{}", names[1]));
    let receipt = Receipt::from_line(&answer.text()).unwrap();
    assert_eq!((answer.json()["kind"].as_str(), receipt.id.as_str()), (Some("receipt"), "D0002"));
    let replayed = ask(to, "POST", &format!("/v1/recus/{}/rejeu", names[1]), &[], b"").json();
    assert_eq!(
        (&replayed["drifts"], &replayed["changed"]["rules"]),
        (&json!([]), &json!(false)),
        "{replayed}"
    );
    // All of them, as a file that the library holds to be whole, and decides again.
    let whole = get(to, "/v1/recus").text();
    let mut check = SealCheck::default();
    let mut receipts = Vec::new();
    for line in whole.lines() {
        let line = Line::read(line).unwrap();
        assert_eq!(check.line(&line), []);
        if let Line::Receipt(receipt) = line {
            receipts.push(*receipt);
        }
    }
    assert!(check.end().is_none() && receipts.len() == 3, "{whole}");
    assert!(Replay::new(&Pack::national()).replay(&receipts).iter().all(|one| one.holds()));
    assert_eq!(get(to, "/v1/recus/0000").status, 404);
    // They outlive the service; one that was edited is told.
    running.stop();
    let edit = Connection::open(&file).unwrap();
    edit.execute(
        "UPDATE receipts SET line = replace(line, '2017-06-30', '2018-06-30') WHERE id = ?1",
        [&names[1]],
    )
    .unwrap();
    let running = service(move |options| options.receipts = Some(file));
    assert_eq!(get(running.address(), &format!("/v1/recus/{}", names[0])).status, 200);
    let edited = get(running.address(), &format!("/v1/recus/{}", names[1]));
    assert_eq!(edited.status, 500);
    assert!(edited.text().contains("n'est pas tel qu'il a été écrit"), "{}", edited.text());
}

#[test]
fn a_service_without_a_file_keeps_none() {
    let running = service(|_| {});
    let record = json!({ "personnes": [{ "lien": "demandeur" }] });
    let answer = post(running.address(), "/v1/decisions", &json!({ "record": record, "receipt": true }));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("--receipts"));
    assert_eq!(get(running.address(), "/v1/recus").status, 404);
}
