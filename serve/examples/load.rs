//! How long answers take, and what memory they leave: decisions of one household over 16 connections on this machine.
//! The memory of the process (service and callers) is told at 10,000 requests and each tenfold of them.
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

/// How many requests took how many microseconds; those of a second and more are counted together. It grows with no
/// request, so that the memory of the process is that of the service.
struct Times(Vec<u32>);

const LONGEST: usize = 1_000_000;

impl Times {
    fn new() -> Times {
        Times(vec![0; LONGEST + 1])
    }

    fn add(&mut self, took: Duration) {
        let at = usize::try_from(took.as_micros()).unwrap_or(LONGEST).min(LONGEST);
        if let Some(count) = self.0.get_mut(at) {
            *count += 1;
        }
    }

    fn join(&mut self, other: &Times) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own += other);
    }

    fn count(&self) -> usize {
        self.0.iter().map(|count| *count as usize).sum()
    }

    /// The time that this part of a thousand of the requests did not exceed.
    fn within(&self, part: usize) -> Duration {
        let wanted = (self.count() * part).div_ceil(1000);
        let mut seen = 0;
        let at = self.0.iter().position(|count| {
            seen += *count as usize;
            seen >= wanted
        });
        Duration::from_micros(at.unwrap_or(LONGEST) as u64)
    }
}

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
    let (mut done, mut next) = (0, requests.min(10_000));
    while done < requests {
        let begun = Instant::now();
        let each = (next - done).div_ceil(connections);
        let asking = || std::thread::spawn(move || answers(to, each));
        let threads: Vec<_> = std::iter::repeat_with(asking).take(connections).collect();
        let mut times = Times::new();
        for thread in threads {
            times.join(&thread.join().map_err(|_| "a thread")??);
        }
        done += times.count();
        println!(
            "{done} requests; the last {} over {connections} connections in {:?}",
            times.count(),
            begun.elapsed()
        );
        for (name, part) in [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("worst", 1000)] {
            println!("  {name}: {:?}", times.within(part));
        }
        if let Some(memory) = memory() {
            println!("  memory: {memory} kB");
        }
        next = (next * 10).min(requests);
    }
    Ok(())
}

/// The memory that the process has, in kilobytes, where the system tells it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Asks so many times over one connection, and counts how long each took.
fn answers(to: SocketAddr, count: usize) -> Result<Times, Failed> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    let mut read = BufReader::new(stream.try_clone()?);
    let length = BODY.len();
    let head = "POST /v1/decisions HTTP/1.1\r\nContent-Type: application/json";
    let request = format!("{head}\r\nHost: {to}\r\nContent-Length: {length}\r\n\r\n{BODY}");
    let mut times = Times::new();
    let (mut line, mut body) = (String::new(), Vec::new());
    for _ in 0..count {
        let begun = Instant::now();
        stream.write_all(request.as_bytes())?;
        let (mut length, mut fine) = (0, None);
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
        body.resize(length, 0);
        read.read_exact(&mut body)?;
        if fine != Some(true) {
            return Err(String::from_utf8_lossy(&body).into_owned().into());
        }
        times.add(begun.elapsed());
    }
    Ok(times)
}
