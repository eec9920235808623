//! Batches: the same decisions in every form, faults in their place, memory that does not grow.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Fields};
use logis::value::parse_date;
use logis::{Decider, Pack};
use serde_json::{Value, json};

use crate::client::{Answer, Connection, ask, service};
use crate::households::households;

const LINES: &str = "application/x-ndjson";
const CSV: &str = "text/csv";
const ARROW: &str = "application/vnd.apache.arrow.stream";

fn batch(to: SocketAddr, query: &str, read: &str, accept: &str, body: &[u8]) -> Answer {
    let path = format!("/v1/lots?date=2017-06-30{query}");
    ask(to, "POST", &path, &[("Content-Type", read), ("Accept", accept)], body)
}

fn lines(records: &[Value]) -> Vec<u8> {
    records.iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes()
}

fn documents(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Lines come in the order of the records, each the document that the library writes; a record that does not fit is
/// told in its place, and those after it are decided.
#[test]
fn lines_are_decided_in_their_order_and_faults_told_in_their_place() {
    let running = service(|_| {});
    let decider =
        Decider::new(Pack::national().plan(parse_date("2017-06-30").unwrap(), &["eligible_plus"]).unwrap());
    let mut records = households(600);
    records[3]["rfr_n2"] = json!("21 3O0");
    let mut body = lines(&records);
    body.extend(b"\n{\"demande_id\": \n");
    let answer = batch(running.address(), "&rules=eligible_plus", LINES, "*/*", &body);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(LINES)));
    let documents = documents(&answer);
    assert_eq!(documents.len(), 601);
    for (at, (record, document)) in records.iter().zip(&documents).enumerate() {
        match decider.decide(record) {
            Ok(decision) => assert_eq!(*document, serde_json::to_value(decision).unwrap()),
            Err(error) => {
                assert_eq!(at, 3);
                assert_eq!((&document["record"], &document["id"]), (&json!(4), &record["demande_id"]));
                assert_eq!(document["issues"], json!(error.issues));
                assert_eq!(document["issues"][0]["code"], "D0403");
            }
        }
    }
    assert_eq!((&documents[600]["record"], &documents[600]["status"]), (&json!(601), &json!(400)));
}

/// A table of CSV in, a table out: what is not known is empty, and its state stands beside it where that is asked for.
#[test]
fn tables_of_csv_are_decided() {
    let running = service(|_| {});
    let to = running.address();
    let body = "\u{feff}demande_id;rfr_n2;situation_logement;personnes.0.lien\r\nD1;\"21 300,50\";locataire;demandeur\r\nD2;\"a\nb\";;demandeur\r\nD3;1\r\n\r\nD4;;sans abri;demandeur\r\n";
    let answer = batch(to, "&rules=situation_logement,ressources&states=true", CSV, CSV, body.as_bytes());
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    let text = answer.text();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().unwrap(),
        vec![
            "demande_id",
            "situation_logement",
            "situation_logement.state",
            "ressources",
            "ressources.state",
            "erreur"
        ]
    );
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_string).collect()).collect();
    assert_eq!(rows.len(), 4, "{text}");
    assert_eq!(rows[0][..5], ["D1", "locataire", "known", "", "unknown"]);
    assert!(rows[1][5].contains("rfr_n2") && rows[1][2].is_empty(), "{text}");
    assert!(rows[2][5].contains("4 cellules"), "{text}");
    assert_eq!(rows[3][..2], ["D4", "sans_logement"]);
    // The header stands once, however many parts the answer has.
    let many: String = (0..700).map(|n| format!("D{n};{n};demandeur\n")).collect();
    let answer = batch(
        to,
        "&rules=rfr_n2",
        CSV,
        CSV,
        format!("demande_id;rfr_n2;personnes.0.lien\n{many}").as_bytes(),
    );
    let text = answer.text();
    assert_eq!((text.lines().count(), text.matches("demande_id").count()), (701, 1));
    assert!(text.contains("\nD699,699,"), "{text:.200}");
}

/// Requests with their persons as a batch of Arrow give the same as their lines of JSON, as typed columns.
#[test]
fn batches_of_arrow_are_decided_with_their_persons() {
    let running = service(|_| {});
    let strings = |all: &[&str]| Arc::new(StringArray::from(all.to_vec())) as ArrayRef;
    let fields = Fields::from(vec![
        Field::new("lien", DataType::Utf8, true),
        Field::new("date_naissance", DataType::Utf8, true),
        Field::new("a_charge", DataType::Boolean, true),
        Field::new("handicap", DataType::Boolean, true),
    ]);
    let persons = StructArray::new(
        fields.clone(),
        vec![
            strings(&["demandeur", "demandeur", "enfant"]),
            strings(&["1980-02-01", "1985-02-01", "2010-02-01"]),
            Arc::new(BooleanArray::from(vec![Some(false), Some(false), Some(true)])),
            Arc::new(BooleanArray::from(vec![Some(false), Some(false), None])),
        ],
        None,
    );
    let item = Arc::new(Field::new("item", DataType::Struct(fields), true));
    let persons = ListArray::new(item, OffsetBuffer::from_lengths([1, 2]), Arc::new(persons), None);
    let table = RecordBatch::try_from_iter([
        ("demande_id", strings(&["D1", "D2"])),
        ("commune", strings(&["21231", "21231"])),
        ("rfr_n2", Arc::new(Int64Array::from(vec![20_124, 40_000])) as ArrayRef),
        ("rfr_n1", Arc::new(Float64Array::from(vec![Some(20_124.0), None])) as ArrayRef),
        ("revenus_12_mois", Arc::new(Int64Array::from(vec![Some(22_000), None])) as ArrayRef),
        ("personnes", Arc::new(persons) as ArrayRef),
    ])
    .unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &table.schema()).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    let body = writer.into_inner().unwrap();
    let query = "&rules=plafond_plus,eligible_plus,eligible_plai&states=true";
    let answer = batch(running.address(), query, ARROW, ARROW, &body);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(ARROW)));
    let read: Vec<RecordBatch> =
        StreamReader::try_new(&answer.body[..], None).unwrap().map(Result::unwrap).collect();
    let rows = &read[0];
    let column =
        |name: &str| rows.column_by_name(name).unwrap_or_else(|| panic!("{name} of {:?}", rows.schema()));
    let units = column("plafond_plus").as_primitive::<Decimal128Type>();
    // The ceilings of 2017 outside of Île-de-France for one person, and for one with a child.
    let unit = 10_i128.pow(u32::try_from(units.scale()).unwrap());
    assert_eq!(unit, 1, "whole euros");
    assert_eq!(units.values().to_vec(), [20_123 * unit, 32_316 * unit]);
    assert!(!column("eligible_plus").as_boolean().value(0));
    let states: Vec<_> = column("eligible_plus.state").as_string::<i32>().iter().collect();
    assert_eq!(states, [Some("known"), Some("unknown")]);
    assert!(column("eligible_plus").is_null(1) && column("erreur").null_count() == 2);
    // The same as lines.
    let answer = batch(running.address(), query, ARROW, LINES, &body);
    assert_eq!(documents(&answer)[0]["outcomes"]["plafond_plus"]["value"], 20_123);
}

/// A batch that breaks off is not taken for a whole one, and what is no batch is refused.
#[test]
fn a_batch_that_breaks_off_has_no_end() {
    let running = service(|options| options.limits.body = 10_000);
    let to = running.address();
    let first = "{\"personnes\": [{\"lien\": \"demandeur\"}]}\n";
    let begin = |first: &str| {
        let mut connection = Connection::open(to);
        let length = first.len() + 20_001;
        connection.send(
            format!(
                "POST /v1/lots?rules=commune_demande HTTP/1.1\r\nHost: {to}\r\nContent-Type: {LINES}\r\nContent-Length: {length}\r\n\r\n{first}"
            )
            .as_bytes(),
        );
        connection
    };
    // One record is larger than may be: after others the answer has no last part, before all others it is a problem.
    let mut connection = begin(first);
    assert!(connection.first_chunk().is_some());
    connection.send(&vec![b' '; 20_001]);
    assert!(connection.rest().is_none());
    let mut connection = begin("");
    connection.send(&vec![b' '; 20_001]);
    let refused = connection.answer().unwrap();
    assert_eq!((refused.status, refused.header("content-type")), (413, Some("application/problem+json")));
    // Any text may be CSV for the description of the API: one that is none is refused for what stands in it.
    let tables: [&[u8]; 3] =
        [b"{\"\\\"\": null}", b"demande_id,demande_id\n1,2\n", b"demande_id,\xe9\n1,2\n"];
    for table in tables {
        let broken = batch(to, "", "text/csv", "*/*", table);
        assert_eq!((broken.status, broken.header("content-type")), (422, Some("application/problem+json")));
    }
    assert_eq!(batch(to, "", "text/plain", "*/*", b"").status, 415);
    assert_eq!(batch(to, "", LINES, "image/png", b"").status, 406);
    assert_eq!(batch(to, "&rules=eligible_plu", LINES, "*/*", b"").status, 422);
    assert_eq!(batch(to, "&rule=eligible_plus", LINES, "*/*", b"").status, 400);
    let empty = batch(to, "", LINES, "*/*", b"");
    assert_eq!((empty.status, empty.body.len()), (200, 0));
}

/// What is answered is read while the rest is sent: twenty megabytes go through with what a connection holds.
#[test]
fn an_answer_comes_before_the_batch_is_whole() {
    let running = service(|_| {});
    let to = running.address();
    let mut connection = Connection::open(to);
    connection.send(
        format!("POST /v1/lots?rules=commune_demande HTTP/1.1\r\nHost: {to}\r\nContent-Type: {LINES}\r\nTransfer-Encoding: chunked\r\n\r\n")
            .as_bytes(),
    );
    let line = "{\"demande_id\": \"D1\", \"personnes\": [{\"lien\": \"demandeur\"}]}\n";
    let chunk = format!("{:x}\r\n{line}\r\n", line.len());
    connection.send(chunk.as_bytes());
    let first = connection.first_chunk().unwrap();
    assert!(String::from_utf8(first).unwrap().contains("\"id\":\"D1\""));
    connection.send(format!("{chunk}0\r\n\r\n").as_bytes());
    assert!(connection.rest().unwrap().contains("\"id\":\"D1\""));
    let _ = TcpStream::connect(to).unwrap().flush();
}
