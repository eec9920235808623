//! Receipts that are kept on request, in a file and in a database: found by their names, replayed by the service and by
//! the library, found out where they were edited.

use logis::Pack;
use logis::receipt::{Line, Receipt, Replay, SealCheck};
use logis_serve::ReceiptsPlace;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::client::{ask, get, post, service};
use crate::database::Database;
use crate::households::households;

fn asked(record: &Value) -> Value {
    json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": record, "receipt": true })
}

/// What holds wherever receipts are kept; `edit` changes the date in the receipt of a name.
fn hold(place: &ReceiptsPlace, edit: impl Fn(&str)) {
    let of = |place: &ReceiptsPlace| {
        let place = place.clone();
        service(move |options| options.receipts = Some(place))
    };
    let running = of(place);
    let to = running.address();
    let mut names = Vec::new();
    for record in households(3) {
        let answer = post(to, "/v1/decisions", &asked(&record));
        assert_eq!(answer.status, 200, "{}", answer.text());
        names.push(answer.header("logis-receipt").unwrap().to_string());
        // The same decision has the same receipt.
        assert_eq!(
            post(to, "/v1/decisions", &asked(&record)).header("logis-receipt"),
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
    edit(&names[1]);
    let running = of(place);
    assert_eq!(get(running.address(), &format!("/v1/recus/{}", names[0])).status, 200);
    let edited = get(running.address(), &format!("/v1/recus/{}", names[1]));
    assert_eq!(edited.status, 500);
    assert!(edited.text().contains("n'est pas tel qu'il a été écrit"), "{}", edited.text());
}

#[test]
fn receipts_are_kept_on_request_and_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recus.sqlite");
    hold(&ReceiptsPlace::File(file.clone()), |name| {
        let edit = Connection::open(&file).unwrap();
        let update = "UPDATE receipts SET line = replace(line, '2017-06-30', '2018-06-30') WHERE id = ?1";
        edit.execute(update, [name]).unwrap();
    });
}

#[test]
fn receipts_are_kept_in_a_database_and_decided_again() {
    let Some(database) = Database::start() else { return };
    hold(&ReceiptsPlace::of(database.address()), |name| {
        let update =
            "UPDATE logis_receipts SET line = replace(line, '2017-06-30', '2018-06-30') WHERE id = $1";
        assert_eq!(database.client().execute(update, &[&name]).unwrap(), 1);
    });
    // A database that is told to answer before it has written is told otherwise by the service.
    let observed = "
        ALTER DATABASE postgres SET synchronous_commit = off;
        CREATE TABLE observed (value TEXT NOT NULL);
        CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO observed VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
        CREATE TRIGGER observe BEFORE INSERT ON logis_receipts FOR EACH ROW EXECUTE FUNCTION observe();";
    database.client().batch_execute(observed).unwrap();
    let running = service(|options| options.receipts = Some(ReceiptsPlace::of(database.address())));
    let answer = post(running.address(), "/v1/decisions", &asked(&households(4)[3]));
    assert_eq!(answer.status, 200);
    let seen = database.client().query_one("SELECT value FROM observed", &[]).unwrap();
    assert_eq!(seen.get::<_, String>(0), "on");
    // Tables of a later version are not touched.
    database.client().batch_execute("UPDATE logis_form SET version = 2").unwrap();
    let refused =
        crate::client::refused(|options| options.receipts = Some(ReceiptsPlace::of(database.address())));
    assert!(refused.contains("forme 2 des reçus ; attendu: 1"), "{refused}");
}

/// A database that breaks off has every receipt that was named; while it is away nobody is told that a receipt is kept,
/// and when it is there again receipts are kept again, by the same service.
#[test]
fn a_database_that_breaks_off_loses_no_receipt_that_was_named() {
    let Some(mut database) = Database::start() else { return };
    let running = service(|options| options.receipts = Some(ReceiptsPlace::of(database.address())));
    let to = running.address();
    let records = households(40);
    let mut named = Vec::new();
    for (at, record) in records.iter().enumerate() {
        if at == 25 {
            database.crash();
            let away = post(to, "/v1/decisions", &asked(record));
            assert_eq!((away.status, away.header("logis-receipt")), (500, None));
            assert!(away.text().contains("PostgreSQL"), "{}", away.text());
            database.restart();
        }
        let answer = post(to, "/v1/decisions", &asked(record));
        assert_eq!(answer.status, 200, "{}", answer.text());
        named.push(answer.header("logis-receipt").unwrap().to_string());
    }
    for name in &named {
        assert_eq!(get(to, &format!("/v1/recus/{name}")).status, 200, "{name}");
    }
    assert_eq!(get(to, "/v1/recus").text().lines().count(), named.len() + 1);
}

/// No database, or none that may be entered: said at the start, without the password.
#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    for address in
        ["postgres://logis:sesame@127.0.0.1:1/recus", "postgresql://logis@127.0.0.1:1/recus?password=sesame"]
    {
        let refused = crate::client::refused(|options| options.receipts = Some(ReceiptsPlace::of(address)));
        assert!(refused.contains("127.0.0.1:1/recus: les reçus ne peuvent y être gardés"), "{refused}");
        assert!(!refused.contains("sesame"), "{refused}");
    }
}

#[test]
fn a_service_without_a_place_keeps_none() {
    let running = service(|_| {});
    let record = json!({ "personnes": [{ "lien": "demandeur" }] });
    let answer = post(running.address(), "/v1/decisions", &json!({ "record": record, "receipt": true }));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("--receipts"));
    assert_eq!(get(running.address(), "/v1/recus").status, 404);
}
