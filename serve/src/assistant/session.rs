//! A session of the Model Context Protocol over lines: JSON-RPC 2.0, a message a line. Of the protocol there is what a
//! server of tools must answer, in both its forms: that which begins with `initialize` (until 2025-11-25), and that
//! whose requests each name their version (2026-07-28). Nothing is ever asked of the client.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use logis::diagnostic::foreign;
use serde_json::{Map, Value as Json, json};

/// The versions that begin with `initialize`, oldest first.
const WITH_INITIALIZE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// The version whose requests each name it.
const WITHOUT: &str = "2026-07-28";

/// Where such a request names it.
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// Milliseconds for which a client may keep the list of tools, which never changes.
const KEPT: u64 = 3_600_000;

/// Bytes of the longest message: a record is a thousandth of it.
const MOST: u64 = 16 << 20;

/// What a session offers.
pub trait Offered {
    /// Name, title and version.
    fn named(&self) -> Json;
    /// What an assistant is to know.
    fn instructions(&self) -> String;
    /// The tools, described.
    fn tools(&self) -> Json;
    /// Calls a tool: its answer, or in a document what it refuses.
    ///
    /// # Errors
    /// There is no such tool.
    fn call(&self, name: &str, arguments: Json) -> Result<Result<Json, Json>, Failure>;
}

/// A request that the protocol refuses.
#[derive(Debug)]
pub struct Failure {
    code: i32,
    message: String,
    data: Option<Json>,
}

impl Failure {
    fn new(code: i32, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into(), data: None }
    }

    /// What stands under `params` is not what the method takes.
    pub fn params(message: impl Into<String>) -> Failure {
        Failure::new(-32602, message)
    }

    fn request(message: impl Into<String>) -> Failure {
        Failure::new(-32600, message)
    }
}

/// Answers line by line until the input ends, or nobody reads the answers.
///
/// # Errors
/// The input cannot be read.
pub fn hold(mut input: impl BufRead, mut output: impl Write, offered: &impl Offered) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(MOST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let answer = if read as u64 == MOST && line.last() != Some(&b'\n') {
            pass_over(&mut input)?;
            Some(failed(&Json::Null, Failure::request(format!("le message dépasse {MOST} octets"))))
        } else {
            answer(&line, offered)
        };
        let Some(answer) = answer else { continue };
        match writeln!(output, "{answer}").and_then(|()| output.flush()) {
            Ok(()) => {}
            // Whoever started the process is gone.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Reads what is left of a line, and keeps nothing of it.
fn pass_over(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let part = input.fill_buf()?;
        let (end, length) = match part.iter().position(|byte| *byte == b'\n') {
            Some(at) => (true, at + 1),
            None => (part.is_empty(), part.len()),
        };
        input.consume(length);
        if end {
            return Ok(());
        }
    }
}

/// The answer to a line; none to a notification, to an answer, and to an empty line.
fn answer(line: &[u8], offered: &impl Offered) -> Option<Json> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    let message: Json = match serde_json::from_slice(line) {
        Ok(message) => message,
        Err(error) => {
            let why = foreign::json(&error);
            return Some(failed(&Json::Null, Failure::new(-32700, format!("ce n'est pas du JSON: {why}"))));
        }
    };
    let id = message.get("id").cloned().unwrap_or_default();
    let whole = message.get("jsonrpc") == Some(&json!("2.0"));
    let method = match message.get("method") {
        Some(Json::String(method)) if whole && (id.is_string() || id.is_number()) => method,
        // A notification: nothing that is announced changes anything here.
        Some(Json::String(_)) if whole && message.get("id").is_none() => return None,
        // An answer, though nothing is asked.
        None if whole && (message.get("result").is_some() || message.get("error").is_some()) => return None,
        _ => {
            let expected =
                "attendu: un objet avec `jsonrpc`: \"2.0\", `method`, et `id`, un texte ou un nombre";
            let id = if id.is_string() || id.is_number() { id } else { Json::Null };
            return Some(failed(&id, Failure::request(expected)));
        }
    };
    let answer = match message.get("params") {
        None | Some(Json::Null) => result(method, &Map::new(), offered),
        Some(Json::Object(params)) => result(method, params, offered),
        Some(_) => Err(Failure::params("`params` est un objet")),
    };
    Some(match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(failure) => failed(&id, failure),
    })
}

fn failed(id: &Json, failure: Failure) -> Json {
    let mut error = json!({ "code": failure.code, "message": failure.message });
    if let (Some(data), Some(error)) = (failure.data, error.as_object_mut()) {
        error.insert("data".into(), data);
    }
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}

/// What a method answers.
fn result(method: &str, params: &Map<String, Json>, offered: &impl Offered) -> Result<Json, Failure> {
    let version = params.get("_meta").and_then(|meta| meta.get(VERSION_KEY));
    // A client that asks which versions there are may name one that is not.
    let modern = match version.and_then(Json::as_str) {
        None => method == "server/discover",
        Some(WITHOUT) => true,
        Some(_) if method == "server/discover" => true,
        Some(other) if WITH_INITIALIZE.contains(&other) => false,
        Some(other) => return Err(unsupported(other)),
    };
    let mut result = match method {
        "initialize" => initialized(params, offered)?,
        "ping" => json!({}),
        "server/discover" => {
            let mut versions = WITH_INITIALIZE.to_vec();
            versions.push(WITHOUT);
            json!({
                "supportedVersions": versions, "capabilities": { "tools": {} },
                "instructions": offered.instructions(), "_meta": { SERVER_KEY: offered.named() },
            })
        }
        "tools/list" => json!({ "tools": offered.tools() }),
        "tools/call" => called(params, offered)?,
        other => {
            return Err(Failure::new(-32601, format!("« {other} » n'est pas une méthode de ce serveur")));
        }
    };
    if let (true, Some(keys)) = (modern, result.as_object_mut()) {
        keys.insert("resultType".into(), json!("complete"));
        if ["server/discover", "tools/list"].contains(&method) {
            keys.insert("ttlMs".into(), json!(KEPT));
            keys.insert("cacheScope".into(), json!("public"));
        }
    }
    Ok(result)
}

fn unsupported(version: &str) -> Failure {
    let mut failure = Failure::new(-32022, format!("version « {version} » du protocole: inconnue"));
    let mut versions = WITH_INITIALIZE.to_vec();
    versions.push(WITHOUT);
    failure.data = Some(json!({ "requested": version, "supported": versions }));
    failure
}

/// The version of the client where it is known; otherwise the last, which the client takes or leaves.
fn initialized(params: &Map<String, Json>, offered: &impl Offered) -> Result<Json, Failure> {
    let asked = params.get("protocolVersion").and_then(Json::as_str);
    let asked = asked.ok_or_else(|| Failure::params("`protocolVersion` est attendu"))?;
    let last = WITH_INITIALIZE.last().copied().unwrap_or_default();
    let version = WITH_INITIALIZE.iter().find(|known| **known == asked).copied().unwrap_or(last);
    Ok(json!({
        "protocolVersion": version, "capabilities": { "tools": {} },
        "serverInfo": offered.named(), "instructions": offered.instructions(),
    }))
}

/// What a tool answers, as the document that it is and as its text.
fn called(params: &Map<String, Json>, offered: &impl Offered) -> Result<Json, Failure> {
    let name = params.get("name").and_then(Json::as_str);
    let name = name.ok_or_else(|| Failure::params("`name` est attendu: le nom d'un outil"))?;
    let arguments = match params.get("arguments") {
        None | Some(Json::Null) => json!({}),
        Some(arguments @ Json::Object(_)) => arguments.clone(),
        Some(_) => return Err(Failure::params("`arguments` est un objet")),
    };
    let (document, refused) = match offered.call(name, arguments)? {
        Ok(document) => (document, false),
        Err(problem) => (problem, true),
    };
    Ok(json!({
        "content": [{ "type": "text", "text": document.to_string() }],
        "structuredContent": document,
        "isError": refused,
    }))
}
