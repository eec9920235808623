//! A client of a few lines: what goes over the socket is written out, so that no library smooths it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use logis::Pack;
use logis_serve::{Options, Running, Server};
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// On a free port, and with time enough for a machine that does much else.
pub fn options() -> Options {
    let mut options = Options::default();
    options.address = SocketAddr::from(([127, 0, 0, 1], 0));
    options.limits.time = Duration::from_secs(110);
    options
}

/// A service of the national pack on a free port.
pub fn service(change: impl FnOnce(&mut Options)) -> Running {
    let mut options = options();
    change(&mut options);
    Server::bind(Pack::national(), options).unwrap().start()
}

/// Why a service does not start.
pub fn refused(change: impl FnOnce(&mut Options)) -> String {
    let mut options = options();
    change(&mut options);
    Server::bind(Pack::national(), options).err().expect("a refusal").to_string()
}

/// A connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(to: SocketAddr) -> Connection {
        let stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Connection { stream: BufReader::new(stream) }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// The next line, without its end; nothing where the connection ends.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_string()),
        }
    }

    /// The next answer; nothing where the connection ends before it is whole.
    pub fn answer(&mut self) -> Option<Answer> {
        let status = self.line()?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
            headers.push((name.to_ascii_lowercase(), value.to_string()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16).ok()?;
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk).ok()?;
                if size == 0 {
                    return Some(answer);
                }
                answer.body.extend(&chunk[..size]);
            }
        }
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        answer.body = vec![0; length];
        self.stream.read_exact(&mut answer.body).ok()?;
        Some(answer)
    }
}

impl Connection {
    /// The head of a chunked answer, and its first part.
    pub fn first_chunk(&mut self) -> Option<Vec<u8>> {
        while !self.line()?.is_empty() {}
        self.chunk()
    }

    fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(&self.line()?, 16).ok()?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(size);
        Some(chunk)
    }

    /// What is left of a chunked answer.
    pub fn rest(&mut self) -> Option<String> {
        let mut rest = Vec::new();
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return String::from_utf8(rest).ok();
            }
            rest.extend(chunk);
        }
    }
}

/// Asks once, with these headers besides.
pub fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut connection = Connection::open(to);
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str(&format!("Host: {to}\r\n"));
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    connection.send(format!("{head}\r\n").as_bytes());
    connection.send(body);
    connection.answer().expect("an answer")
}

pub fn get(to: SocketAddr, path: &str) -> Answer {
    ask(to, "GET", path, &[], b"")
}

pub fn post(to: SocketAddr, path: &str, body: &Value) -> Answer {
    ask(to, "POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
}
