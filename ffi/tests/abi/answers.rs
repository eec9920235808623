//! What the functions answer, asked through their pointers: documents as published, problems with their codes, NULL.

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};

use logis_ffi::*;
use serde_json::{Value, json};

use crate::households::{self, households};

/// A text that the library gave, freed.
fn taken(text: *mut c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the library gave it, and it is read before it is freed.
    let own = unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_string();
    // SAFETY: as above; nobody uses it any more.
    unsafe { logis_text_free(text) };
    Some(own)
}

/// Holds a document against its published form.
fn published(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    let kind = document["kind"].as_str().unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("kind.json", logis::formats::schema(kind).expect(kind)).unwrap();
    let mut schemas = boon::Schemas::new();
    let schema = compiler.compile("kind.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&document, schema) {
        panic!("{kind}: {error:#}\n{text}");
    }
    document
}

type Answered = (LogisStatus, Option<String>, Option<String>);

/// Calls what gives a text, and takes it with the problem.
fn call(function: impl FnOnce(*mut *mut c_char, *mut *mut c_char) -> LogisStatus) -> Answered {
    // Places are overwritten, whatever they hold.
    let (mut document, mut problem) = (std::ptr::dangling_mut(), std::ptr::dangling_mut());
    let status = function(&raw mut document, &raw mut problem);
    let (document, problem) = (taken(document), taken(problem));
    assert_eq!(problem.is_none(), status == LogisStatus::Ok);
    if let Some(problem) = &problem {
        published(problem);
    }
    (status, document, problem)
}

pub fn pack() -> *mut LogisPack {
    let mut pack = null_mut();
    // SAFETY: a place for a pointer, and none for a problem.
    assert_eq!(unsafe { logis_pack_national(&raw mut pack, null_mut()) }, LogisStatus::Ok);
    pack
}

/// Pointer and length of a text.
fn of(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

pub fn decider(pack: *const LogisPack, date: &str, rules: &str) -> Result<*mut LogisDecider, Value> {
    let (mut made, mut problem) = (null_mut(), null_mut());
    let ((date, date_length), (rules, rules_length)) = (of(date), of(rules));
    let place = &raw mut made;
    // SAFETY: texts with their lengths, places for pointers.
    let status =
        unsafe { logis_decider_new(pack, date, date_length, rules, rules_length, place, &raw mut problem) };
    match taken(problem) {
        None => {
            assert_eq!(status, LogisStatus::Ok);
            Ok(made)
        }
        Some(problem) => {
            assert!(status == LogisStatus::Refused && made.is_null());
            Err(published(&problem))
        }
    }
}

fn decide(decider: *const LogisDecider, record: &[u8]) -> Answered {
    // SAFETY: a record with its length, places for pointers.
    call(|document, problem| unsafe {
        logis_decide(decider, record.as_ptr().cast(), record.len(), document, problem)
    })
}

type Tabled = unsafe extern "C" fn(
    *const LogisPack,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *mut *mut c_char,
    *mut *mut c_char,
    *mut *mut c_char,
) -> LogisStatus;

/// Asks for candidates or a matching, and takes the notes too.
fn posed(
    function: Tabled,
    pack: *const LogisPack,
    options: &Value,
    tables: &str,
) -> (Answered, Option<Value>) {
    let options = options.to_string();
    let ((options, options_length), (tables, tables_length)) = (of(&options), of(tables));
    let mut notes = null_mut();
    let answered = call(|document, problem| {
        // SAFETY: texts with their lengths, places for pointers.
        unsafe {
            function(pack, options, options_length, tables, tables_length, document, &raw mut notes, problem)
        }
    });
    (answered, taken(notes).map(|notes| published(&notes)))
}

fn verify(pack: *const LogisPack, options: &Value, tables: &str, document: &str) -> Answered {
    let options = options.to_string();
    let ((options, options_length), (tables, tables_length)) = (of(&options), of(tables));
    let (document, document_length) = of(document);
    call(|place, problem| {
        // SAFETY: a place of this test's own.
        unsafe { place.write(null_mut()) };
        // SAFETY: texts with their lengths, a place for a pointer.
        unsafe {
            logis_verify(
                pack,
                options,
                options_length,
                tables,
                tables_length,
                document,
                document_length,
                problem,
            )
        }
    })
}

#[test]
fn a_pack_says_what_it_is() {
    let pack = pack();
    // SAFETY: a pack and places for pointers.
    let (status, document, _) =
        call(|document, problem| unsafe { logis_pack_about(pack, document, problem) });
    assert_eq!(status, LogisStatus::Ok);
    let about = published(&document.unwrap());
    let national = logis::Pack::national();
    assert_eq!(about["name"], json!(national.parsed().manifest.name));
    assert_eq!(about["hash"], json!(logis::fingerprint::of_pack(national.parsed())));
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    // SAFETY: a text that is never freed.
    let version = unsafe { CStr::from_ptr(logis_version()) };
    assert_eq!((version.to_str().unwrap(), logis_abi()), (env!("CARGO_PKG_VERSION"), LOGIS_ABI));
    // SAFETY: it is not used any more.
    unsafe { logis_pack_free(pack) };
}

/// The rules in the folder are those that the library carries; a folder without rules says what is wrong.
#[test]
fn a_pack_is_read_from_its_folder() {
    let load = |folder: &str| {
        let (mut pack, mut problem) = (null_mut(), null_mut());
        let (folder, length) = of(folder);
        // SAFETY: a text with its length, places for pointers.
        let status = unsafe { logis_pack_load(folder, length, &raw mut pack, &raw mut problem) };
        (status, pack, taken(problem))
    };
    let rules = crate::place::here("../rules");
    let (status, pack, problem) = load(rules.to_str().unwrap());
    assert_eq!((status, problem), (LogisStatus::Ok, None));
    // SAFETY: a pack and places for pointers.
    let about = call(|document, problem| unsafe { logis_pack_about(pack, document, problem) }).1.unwrap();
    assert!(about.contains(&logis::fingerprint::of_pack(logis::Pack::national().parsed())), "{about}");
    // SAFETY: it is not used any more.
    unsafe { logis_pack_free(pack) };
    for folder in ["/nulle/part", "", "a\0b"] {
        let (status, pack, problem) = load(folder);
        assert!(status == LogisStatus::Refused && pack.is_null(), "{folder}");
        published(&problem.unwrap());
    }
}

#[test]
fn names_and_dates_that_are_none_are_refused() {
    let pack = pack();
    let problem = decider(pack, "2017-06-31", "").unwrap_err();
    assert!(problem["detail"].as_str().unwrap().contains("« 2017-06-31 » n'est pas une date"), "{problem}");
    let problem = decider(pack, "2017-06-30", "eligible_plus,eligible_pluss").unwrap_err();
    assert_eq!(problem["issues"][0]["code"], "L0130");
    assert!(problem["detail"].as_str().unwrap().contains("eligible_plus`"), "{problem}");
    // SAFETY: it is not used any more.
    unsafe { logis_pack_free(pack) };
}

/// A decider goes on after its pack is freed, is used by many threads at once, and says of each record what the library
/// says.
#[test]
fn a_decider_is_shared_by_threads_and_outlives_its_pack() {
    struct Shared(*const LogisDecider);
    // SAFETY: the header promises that threads may share a decider.
    unsafe impl Sync for Shared {}
    let pack = pack();
    let rules = logis::Pack::national().results().join(", ");
    let made = decider(pack, " 2017-06-30", &rules).unwrap();
    // SAFETY: it is not used any more.
    unsafe { logis_pack_free(pack) };
    let date = logis::value::parse_date("2017-06-30").unwrap();
    let own = logis::Pack::national();
    let own = logis::Decider::new(own.plan(date, &own.results()).unwrap());
    let records = households(12);
    let shared = &Shared(made);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for record in &records {
                    let (status, document, _) = decide(shared.0, record.to_string().as_bytes());
                    assert_eq!(status, LogisStatus::Ok);
                    let document = document.unwrap();
                    assert_eq!(document, serde_json::to_string(&own.decide(record).unwrap()).unwrap());
                }
            });
        }
    });
    // SAFETY: it is not used any more.
    unsafe { logis_decider_free(made) };
}

#[test]
fn records_that_do_not_fit_are_refused_with_their_codes() {
    let pack = pack();
    let decider = decider(pack, "2017-06-30", "eligible_plus").unwrap();
    for (record, code) in [
        (&br#"{"rfr_n2": "beaucoup", "personnes": [{ "lien": "cousin" }]}"#[..], "D0403"),
        (b"[]", "D0413"),
        (b"{\"rfr_n2\": 1", "D0102"),
        (b"", "D0102"),
        (b"{\"commune\": \"\xff\"}", "D0102"),
    ] {
        let (status, document, problem) = decide(decider, record);
        assert_eq!((status, document), (LogisStatus::Refused, None));
        let problem = published(&problem.unwrap());
        assert_eq!(problem["issues"][0]["code"], code, "{problem}");
    }
    // SAFETY: they are not used any more.
    unsafe {
        logis_decider_free(decider);
        logis_pack_free(pack);
    }
}

/// Whatever is NULL that must not be is named; what may be NULL is not missed.
#[test]
fn what_is_null_is_named() {
    let pack = pack();
    let decider = decider(pack, "2017-06-30", "eligible_plus").unwrap();
    let named = |answered: Answered, name: &str| {
        assert_eq!((answered.0, answered.1), (LogisStatus::Misuse, None));
        let problem: Value = serde_json::from_str(&answered.2.unwrap()).unwrap();
        assert_eq!(problem["detail"], format!("`{name}` est NULL"));
    };
    named(decide(null(), b"{}"), "decider");
    // SAFETY: what is NULL is looked at before it is used; the rest is as the header asks.
    unsafe {
        named(call(|document, problem| logis_decide(decider, null(), 3, document, problem)), "record");
        let none = |document: *mut *mut c_char| document.write(null_mut());
        named(
            call(|document, problem| {
                none(document);
                logis_decide(decider, null(), 0, null_mut(), problem)
            }),
            "document",
        );
        named(call(|document, problem| logis_pack_about(null(), document, problem)), "pack");
        named(
            call(|document, problem| {
                none(document);
                logis_evaluate(decider, null(), 1, null_mut(), problem)
            }),
            "outcomes",
        );
        assert_eq!(logis_pack_national(null_mut(), null_mut()), LogisStatus::Misuse);
        assert_eq!(logis_decide(null(), null(), 0, null_mut(), null_mut()), LogisStatus::Misuse);
        logis_text_free(null_mut());
        logis_decider_free(null_mut());
        logis_pack_free(null_mut());
        logis_decider_free(decider);
        logis_pack_free(pack);
    }
}

/// The first rows of the demo, as tables.
fn tables(requests: usize, units: usize) -> String {
    let rows = |table| -> Vec<Value> { households::rows(table).into_iter().map(Value::Object).collect() };
    let demandes: Vec<Value> = rows("demandes").into_iter().take(requests).collect();
    let own = |row: &Value| demandes.iter().any(|one| one["demande_id"] == row["demande_id"]);
    let personnes: Vec<Value> = rows("personnes").into_iter().filter(own).collect();
    let employed = |row: &Value| personnes.iter().any(|one| one["employeur_id"] == row["employeur_id"]);
    let employeurs: Vec<Value> = rows("employeurs").into_iter().filter(employed).collect();
    let logements: Vec<Value> = rows("logements").into_iter().take(units).collect();
    json!({ "demandes": demandes, "personnes": personnes, "employeurs": employeurs, "logements": logements })
        .to_string()
}

/// Candidates and attributions of the demo's first rows are those of the library; what it gives holds, and does not
/// once it is changed.
#[test]
fn tables_are_matched_and_the_result_is_verified() {
    let pack = pack();
    let tables = tables(40, 8);
    let options = json!({ "date": "2017-06-30", "select": ["compte_dans_le_quart"] });
    let date = logis::value::parse_date("2017-06-30").unwrap();
    let file = logis::data::InputFile { name: "t.json".into(), bytes: tables.clone().into_bytes() };
    let mut asked = logis::Options::default();
    asked.select = vec!["compte_dans_le_quart".to_string()];
    let own = logis::Sent::new(&logis::Pack::national(), date, file, &asked).unwrap();

    let ((status, rows, _), notes) = posed(logis_candidates, pack, &options, &tables);
    assert_eq!(status, LogisStatus::Ok);
    let rows: Value = serde_json::from_str(&rows.unwrap()).unwrap();
    let candidates = own.posing.instance.candidates.len();
    assert!(candidates > 0 && rows.as_array().unwrap().len() == candidates);
    // Requests that stand in no pair that counts for the quarter.
    let counts = |row: &&Value| row["compte_dans_le_quart"] == json!(true);
    let counted: Vec<&Value> =
        rows.as_array().unwrap().iter().filter(counts).map(|row| &row["demande_id"]).collect();
    let all = rows.as_array().unwrap().iter().map(|row| &row["demande_id"]);
    let outsiders: Vec<&Value> = all.filter(|id| !counted.contains(id)).collect();
    let notes = notes.unwrap();
    assert_eq!((&notes["open_pairs"], &notes["date"]), (&json!(own.open()), &json!("2017-06-30")));
    assert_eq!(notes["absent"], json!(own.absent));

    let ((status, document, _), _) = posed(logis_match, pack, &options, &tables);
    assert_eq!(status, LogisStatus::Ok);
    let document = document.unwrap();
    let report = own.posing.solve(None).unwrap().report().unwrap();
    assert_eq!(document, serde_json::to_string(&report).unwrap());
    let given = published(&document)["attributions"].as_array().unwrap().len();
    assert!(given > 0);

    assert_eq!(verify(pack, &options, &tables, &document).0, LogisStatus::Ok);
    let mut forged: Value = serde_json::from_str(&document).unwrap();
    forged["attributions"].as_array_mut().unwrap().pop();
    let (status, _, problem) = verify(pack, &options, &tables, &forged.to_string());
    assert_eq!(status, LogisStatus::No, "{problem:?}");
    assert_eq!(verify(pack, &options, &tables, "{}").0, LogisStatus::Refused);

    // What is decided, and what was before.
    let first: Value = serde_json::from_str(&document).unwrap();
    let pair = |at: usize| {
        let own = &first["attributions"][at];
        json!([own["demande_id"], own["logement_id"]])
    };
    let decided = json!({
        "date": "2017-06-30", "fixed": [pair(1)], "forbidden": [pair(0)], "near": first, "keep": 1_000_000, "seed": 7,
        "prices": true, "time_limit": 60,
    });
    let ((status, again, problem), _) = posed(logis_match, pack, &decided, &tables);
    assert_eq!(status, LogisStatus::Ok, "{problem:?}");
    let again = again.unwrap();
    let now: Value = serde_json::from_str(&again).unwrap();
    let (had, has) = (first["attributions"].as_array().unwrap(), now["attributions"].as_array().unwrap());
    let ids = |own: &Value| (own["demande_id"].clone(), own["logement_id"].clone());
    let same = had.iter().filter(|own| has.iter().any(|other| ids(own) == ids(other))).count();
    assert_eq!(same, had.len() - 1, "{again}");
    assert!(now["quotas"].as_array().unwrap().iter().all(|quota| quota["price"].is_number()), "{again}");
    let posed_alike = json!({
        "date": "2017-06-30", "fixed": [pair(1)], "forbidden": [pair(0)], "keep": 1_000_000, "seed": 7,
    });
    assert_eq!(verify(pack, &posed_alike, &tables, &again).0, LogisStatus::Ok);
    assert_eq!(verify(pack, &options, &tables, &again).0, LogisStatus::No);

    // Quotas that must be met, where nobody who counts for them is left.
    let mut lone: Value = serde_json::from_str(&tables).unwrap();
    lone["demandes"].as_array_mut().unwrap().retain(|one| outsiders.contains(&&one["demande_id"]));
    lone["personnes"].as_array_mut().unwrap().retain(|one| outsiders.contains(&&one["demande_id"]));
    let hard = json!({ "date": "2017-06-30", "hard": ["all"] });
    let ((status, document, problem), notes) = posed(logis_match, pack, &hard, &lone.to_string());
    assert_eq!((status, document, notes), (LogisStatus::No, None, None), "{problem:?}");
    assert!(!published(&problem.unwrap())["issues"].as_array().unwrap().is_empty());
    for (options, words) in [
        (json!({}), "date"),
        (json!({ "date": "2017-06-30", "selected": [] }), "selected"),
        (json!({ "date": "2017-06-30", "max_candidates": 0 }), "max_candidates"),
        (json!({ "date": "2017-06-30", "time_limit": 0 }), "time_limit"),
        (json!({ "date": "2017-06-30", "keep": 3 }), "near"),
        (json!({ "date": "2017-06-30", "near": {} }), "near"),
        (json!({ "date": 2017 }), "AAAA-MM-JJ"),
        (json!({ "date": "demain" }), "demain"),
        (json!({ "date": "2017-06-30", "hard": ["quart_reserv"] }), "quart_reserve"),
    ] {
        let ((status, _, problem), _) = posed(logis_match, pack, &options, &tables);
        let problem = problem.unwrap();
        assert!(status == LogisStatus::Refused && problem.contains(words), "{options}: {problem}");
    }
    // SAFETY: it is not used any more.
    unsafe { logis_pack_free(pack) };
}
