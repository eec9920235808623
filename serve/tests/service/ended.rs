//! The service as a process of its own: ended by a signal, and killed while it keeps receipts.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use logis::Pack;
use logis_serve::{ReceiptsPlace, Server};
use serde_json::json;

use crate::client::{Connection, get, options, post};
use crate::database::Database;
use crate::households::households;

const RECEIPTS: &str = "LOGIS_TEST_RECEIPTS";

/// No test of its own: the process that the others end.
#[test]
#[ignore = "run by the tests below"]
fn serves_until_it_is_ended() {
    let mut options = options();
    options.receipts = std::env::var(RECEIPTS).ok().map(|place| ReceiptsPlace::of(&place));
    let server = Server::bind(Pack::national(), options).unwrap();
    println!("listens {}", server.address());
    server.run().unwrap();
    println!("ends");
}

struct Process {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    address: SocketAddr,
}

impl Process {
    fn start(receipts: Option<&str>) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", "ended::serves_until_it_is_ended"]);
        if let Some(place) = receipts {
            command.env(RECEIPTS, place);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listens ") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "it does not start");
        }
        let address = line.split("listens ").nth(1).unwrap().trim().parse().unwrap();
        Process { child, out, address }
    }

    fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asked to end, the process answers what was begun, and ends well.
#[test]
fn a_request_to_end_is_heard() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start(None);
        let body =
            b"{\"rules\": [\"commune_demande\"], \"record\": {\"personnes\": [{\"lien\": \"demandeur\"}]}}";
        let mut begun = Connection::open(process.address);
        begun.send(
            format!(
                "POST /v1/decisions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                process.address,
                body.len()
            )
            .as_bytes(),
        );
        // The head of the request is read before the signal comes.
        std::thread::sleep(std::time::Duration::from_millis(300));
        process.signal(signal);
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(TcpStream::connect(process.address).is_err());
        begun.send(body);
        assert_eq!(begun.answer().unwrap().status, 200, "{signal}");
        assert!(process.child.wait().unwrap().success(), "{signal}");
        let mut said = String::new();
        std::io::Read::read_to_string(&mut process.out, &mut said).unwrap();
        assert!(said.contains("ends"), "{signal}: {said}");
    }
}

#[test]
fn a_process_that_is_killed_leaves_whole_receipts() {
    let folder = tempfile::tempdir().unwrap();
    killed(folder.path().join("recus.sqlite").to_str().unwrap());
}

#[test]
fn a_process_that_is_killed_leaves_whole_receipts_in_a_database() {
    let Some(database) = Database::start() else { return };
    killed(&database.address());
}

/// Killed while receipts are kept in a place, the process leaves whole ones, and all of those that it named.
fn killed(place: &str) {
    let records = households(200);
    let mut named = Vec::new();
    for (round, records) in records.chunks(100).enumerate() {
        let process = Process::start(Some(place));
        let mut connection = Connection::open(process.address);
        for (at, record) in records.iter().enumerate() {
            let asked = json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": record, "receipt": true });
            let body = asked.to_string();
            connection.send(
                format!(
                    "POST /v1/decisions HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    process.address,
                    body.len()
                )
                .as_bytes(),
            );
            if at == 20 + 7 * round {
                // Without waiting for the answer, whatever is being written now.
                process.signal("KILL");
            }
            let Some(answer) = connection.answer() else { break };
            named.push(answer.header("logis-receipt").unwrap().to_string());
        }
        drop(process);
    }
    assert!(named.len() >= 40, "{}", named.len());
    let process = Process::start(Some(place));
    for name in &named {
        assert_eq!(get(process.address, &format!("/v1/recus/{name}")).status, 200);
    }
    let all = get(process.address, "/v1/recus");
    assert!(all.text().lines().count() > named.len(), "each, and the last line");
    let record = json!({ "personnes": [{ "lien": "demandeur" }] });
    assert_eq!(
        post(process.address, "/v1/decisions", &json!({ "record": record, "receipt": true })).status,
        200
    );
    drop(std::io::stdout().flush());
}
