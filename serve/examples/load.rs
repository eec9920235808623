//! How long answers take: 10,000 decisions of one household over 16 connections on this machine.
//!
//! `cargo run --release -p logis-serve --example load [REQUESTS [CONNECTIONS]]`

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use logis::value::parse_date;
use logis::{Decider, Pack};
use logis_serve::{Options, Server};

const BODY: &str = r#"{"date": "2017-06-30", "record": {"commune": "21231", "rfr_n2": 20124, "rfr_n1": 20124,
"revenus_12_mois": 22000, "personnes": [{"lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false,
"handicap": false}]}}"#;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let mut asked = std::env::args().skip(1).map(|word| word.parse::<usize>());
    let requests = asked.next().transpose()?.unwrap_or(10_000);
    let connections = asked.next().transpose()?.unwrap_or(16).max(1);
    let pack = Pack::national();
    let date = parse_date("2017-06-30").ok_or("a date")?;
    let plan = pack.plan(date, &pack.results())?;
    for which in ["first", "second"] {
        let begun = Instant::now();
        drop(Decider::new(plan.clone()));
        println!("{which} Decider::new: {:?}", begun.elapsed());
    }
    let mut options = Options::default();
    options.address = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::bind(pack, options)?.start();
    let to = running.address();
    // The first request plans the rules.
    answers(to, 1)?;
    let begun = Instant::now();
    let asking = || std::thread::spawn(move || answers(to, requests / connections));
    let threads: Vec<_> = std::iter::repeat_with(asking).take(connections).collect();
    let mut times = Vec::new();
    for thread in threads {
        times.extend(thread.join().map_err(|_| "a thread")??);
    }
    let whole = begun.elapsed();
    times.sort();
    println!("{} requests over {connections} connections in {whole:?}", times.len());
    for (name, part) in [("p50", 500), ("p90", 900), ("p99", 990), ("worst", 1000)] {
        let at = (times.len() * part / 1000).min(times.len().saturating_sub(1));
        println!("{name}: {:?}", times.get(at).copied().unwrap_or_default());
    }
    Ok(())
}

/// Asks so many times over one connection, and gives how long each took.
fn answers(to: SocketAddr, count: usize) -> Result<Vec<Duration>, Failed> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    let mut read = BufReader::new(stream.try_clone()?);
    let length = BODY.len();
    let head = "POST /v1/decisions HTTP/1.1\r\nContent-Type: application/json";
    let request = format!("{head}\r\nHost: {to}\r\nContent-Length: {length}\r\n\r\n{BODY}");
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        stream.write_all(request.as_bytes())?;
        let (mut line, mut length, mut fine) = (String::new(), 0, None);
        loop {
            line.clear();
            read.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            fine.get_or_insert(line.contains(" 200 "));
            let header =
                line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            if let Some((_, value)) = header {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        read.read_exact(&mut body)?;
        if fine != Some(true) {
            return Err(String::from_utf8_lossy(&body).into_owned().into());
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}
