//! Errors, limits, who may ask, and the end.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use logis::Pack;
use logis_serve::{Options, ServeError, Server};
use serde_json::json;

use crate::client::{Connection, ask, get, post, service};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What is wrong is said at its place, with the code that its page explains.
#[test]
fn problems_say_what_is_wrong_and_where() {
    let running = service(|_| {});
    let to = running.address();
    let record = json!({ "rfr_n2": "21 3O0", "personnes": [{ "lien": "oncle" }], "comune": "21231" });
    let answer = post(to, "/v1/decisions", &json!({ "date": "2017-06-30", "record": record }));
    assert_eq!((answer.status, answer.header("content-type")), (422, Some("application/problem+json")));
    let problem = answer.json();
    let issues = problem["issues"].as_array().unwrap();
    let at = |code: &str| {
        issues.iter().find(|issue| issue["code"] == code).unwrap_or_else(|| panic!("{code}: {problem}"))
    };
    assert_eq!((&at("D0403")["column"], &at("D0403")["file"]), (&json!("rfr_n2"), &json!("demande")));
    assert_eq!(at("D0405")["file"], "demande.personnes[0]");
    assert!(at("D0203")["message"].as_str().unwrap().contains("« commune »"), "{problem}");
    assert_eq!(get(to, problem["type"].as_str().unwrap()).status, 200);
    // Rules that there are none of, with the nearest name.
    let answer = post(to, "/v1/decisions", &json!({ "rules": ["eligible_plu"], "record": {} }));
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("eligible_plus"), "{}", answer.text());
    for (body, words) in [
        ("{\"record\": {}", "trop tôt"),
        ("{\"record\": {}, \"regles\": []}", "regles"),
        ("{\"record\": {}, \"date\": \"30/13/2017\"}", "AAAA-MM-JJ"),
        ("{}", "record"),
        ("", "trop tôt"),
    ] {
        let answer = ask(to, "POST", "/v1/decisions", &[JSON], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(words), "{body}: {}", answer.text());
    }
    assert_eq!(ask(to, "POST", "/v1/decisions", &[("Content-Type", "text/plain")], b"{}").status, 415);
    assert_eq!(get(to, "/v1/decisions").status, 405);
    assert_eq!(get(to, "/v1/nulle_part").status, 404);
    assert!(get(to, "/v1/regles/eligible_plu").text().contains("eligible_plus"));
    assert!(get(to, "/v1/regles?dat=2017-06-30").text().contains("vouliez-vous dire `date`"));
    assert_eq!(get(to, "/v1/regles?date=hier").status, 400);
    assert_eq!(get(to, "/v1/regles?date=2017-06-30&date=2018-06-30").status, 400);
}

/// Every answer names the pack and its hash; the hash is that of the files, whatever their order.
#[test]
fn answers_name_the_pack() {
    let running = service(|options| options.version = Some("7".to_string()));
    let answer = get(running.address(), "/sante");
    assert_eq!((answer.status, answer.text()), (200, "en service\n".to_string()));
    assert_eq!(answer.header("logis-pack"), Some("action_logement"));
    assert_eq!(answer.header("logis-pack-version"), Some("7"));
    let hash = answer.header("logis-pack-hash").unwrap().to_string();
    let mut files: Vec<(String, Vec<u8>)> =
        Pack::files(concat!(env!("CARGO_MANIFEST_DIR"), "/../rules")).unwrap();
    files.reverse();
    let mut options = Options::default();
    options.address = SocketAddr::from(([127, 0, 0, 1], 0));
    let other = Server::bind(Pack::from_files("ailleurs", files).unwrap(), options).unwrap().start();
    assert_eq!(get(other.address(), "/sante").header("logis-pack-hash"), Some(hash.as_str()));
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let running = service(|options| options.token = Some("chut".to_string()));
    let to = running.address();
    let with = |value: &str| ask(to, "GET", "/v1/regles", &[("Authorization", value)], b"");
    assert_eq!(with("Bearer chut").status, 200);
    for wrong in ["Bearer chu", "Bearer chut2", "Basic chut", "chut", "Bearer"] {
        let answer = with(wrong);
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{wrong}");
    }
    assert_eq!(get(to, "/v1/regles").status, 401);
    assert_eq!(get(to, "/metrics").status, 401);
    assert_eq!(get(to, "/openapi.json").json()["security"], json!([{ "jeton": [] }]));
}

/// Without a token nobody but this machine is heard, and no page of the web by another name.
#[test]
fn without_a_token_others_are_not_heard() {
    let mut options = Options::default();
    options.address = SocketAddr::from(([0, 0, 0, 0], 0));
    assert!(matches!(Server::bind(Pack::national(), options.clone()), Err(ServeError::Open(_))));
    options.token = Some("chut".to_string());
    assert!(Server::bind(Pack::national(), options.clone()).is_ok());
    options.token = Some("c h".to_string());
    assert!(matches!(Server::bind(Pack::national(), options), Err(ServeError::Token)));
    let running = service(|_| {});
    let host = |host: &str| ask(running.address(), "GET", "/v1/regles", &[("Host", host)], b"").status;
    assert_eq!(host("localhost:80"), 200);
    assert_eq!(host("[::1]:8417"), 200);
    assert_eq!(host("mechant.example"), 421);
    assert_eq!(host("127.0.0.1.mechant.example"), 421);
}

#[test]
fn a_body_has_its_size_and_its_time() {
    let running = service(|options| {
        options.limits.body = 1000;
        options.limits.time = Duration::from_millis(600);
    });
    let to = running.address();
    let large = format!("{{\"record\": {{}}{}}}", " ".repeat(1000));
    assert_eq!(ask(to, "POST", "/v1/decisions", &[JSON], large.as_bytes()).status, 413);
    // Half of a body, and nothing more.
    let mut connection = Connection::open(to);
    connection.send(
        format!("POST /v1/decisions HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{{\"rec")
            .as_bytes(),
    );
    assert_eq!(connection.answer().unwrap().status, 408);
}

/// A computation that is too long is answered for; those that wait longer than they may are told to come back.
#[test]
fn computing_has_its_time_and_its_turn() {
    let running = service(|options| {
        options.limits.computing = 1;
        options.limits.time = Duration::from_millis(1);
    });
    let asked = json!({ "date": "2017-06-30", "rules": ["aides"], "record": { "lien": "demandeur" } });
    let answer = post(running.address(), "/v1/explications", &asked);
    // The body came in its time; planning fifteen aids takes more than a millisecond.
    assert!([503, 504].contains(&answer.status), "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[test]
fn requests_are_counted_and_logged_without_what_is_in_them() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let running = service(move |options| {
        options.log = Some(Arc::new(move |line: &str| heard.lock().unwrap().push(line.to_string())));
    });
    let to = running.address();
    post(
        to,
        "/v1/decisions",
        &json!({ "date": "2017-06-30", "record": { "rfr_n2": 98_765, "personnes": [{ "lien": "demandeur" }] } }),
    );
    post(to, "/v1/decisions", &json!({ "date": "2017-06-30", "record": { "rfr_n2": "98765x" } }));
    get(to, "/v1/regles?date=2017-06-30");
    let text = get(to, "/metrics").text();
    assert!(text.contains("logis_requests_total{route=\"/v1/decisions\",status=\"200\"} 1\n"), "{text}");
    assert!(text.contains("logis_requests_total{route=\"/v1/decisions\",status=\"422\"} 1\n"), "{text}");
    assert!(
        text.contains("logis_records_total 1\n") && text.contains("logis_records_refused_total 1\n"),
        "{text}"
    );
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains("POST /v1/decisions 422 ") && lines.contains("GET /v1/regles 200 "), "{lines}");
    assert!(!lines.contains("98765") && !lines.contains("2017"), "{lines}");
}

/// What was begun is answered; nothing more is accepted; connections that wait for another request are closed.
#[test]
fn the_end_breaks_off_no_answer() {
    let running = service(|options| options.limits.time = Duration::from_secs(20));
    let to = running.address();
    // A connection that is kept open without a request.
    let mut idle = TcpStream::connect(to).unwrap();
    idle.write_all(format!("GET /sante HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // A request of which the body is still to come.
    let body = b"{\"date\": \"2017-06-30\", \"rules\": [\"commune_demande\"], \"record\": {\"personnes\": [{\"lien\": \"demandeur\"}]}}";
    let mut begun = Connection::open(to);
    let head = format!(
        "POST /v1/decisions HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    begun.send(head.as_bytes());
    std::thread::sleep(Duration::from_millis(200));
    let ending = std::thread::spawn(move || {
        let begun = Instant::now();
        running.stop();
        begun.elapsed()
    });
    std::thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(to).is_err());
    begun.send(body);
    assert_eq!(begun.answer().unwrap().status, 200);
    assert!(ending.join().unwrap() < Duration::from_secs(10));
}
