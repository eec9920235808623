//! The service against its own description: schemathesis draws requests from `/openapi.json`, valid ones and broken ones,
//! and holds each answer against what the description says of it.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::steps::{WHOLE, cargo, command, is_found, run};

/// Requests drawn for each operation, besides those at the edges of its schema.
const DRAWN: &str = "20";

/// Seconds after which nothing more is drawn.
const SECONDS: &str = "600";

/// Starts the service on a free port, with receipts, and holds it until all requests are drawn.
pub fn hold() -> Result<(), String> {
    let st = std::env::var("LOGIS_SCHEMATHESIS").unwrap_or_else(|_| "schemathesis".to_string());
    if !is_found(&st, &["--version"]) {
        return Err(format!(
            "`{st}` is not there: pip install schemathesis, or LOGIS_SCHEMATHESIS=/path/schemathesis"
        ));
    }
    // With the features of the tests, so that nothing is built twice.
    cargo(&["build", "--workspace", "--bin", "logis", "--features", WHOLE])?;
    let free =
        TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(|e| e.to_string())?;
    let receipts = crate::root().join("target/contract.sqlite");
    let listen = free.to_string();
    let mut serve = command("target/debug/logis", &["serve", "--quiet", "--listen", &listen, "--receipts"]);
    serve.arg(&receipts).stderr(Stdio::null());
    let _service = Running(serve.spawn().map_err(|error| format!("the service does not start: {error}"))?);
    for _ in 0..100 {
        if std::net::TcpStream::connect(free).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let description = format!("http://{listen}/openapi.json");
    let mut held = command(&st, &["--config-file", "serve/schemathesis.toml", "run", &description]);
    held.args(["--max-time", SECONDS]);
    held.args([
        "--checks",
        "all",
        "--max-examples",
        DRAWN,
        "--request-timeout",
        "60",
        "--seed",
        "1",
        // With two, CPython 3.11 fails now and then in its parser ("AST constructor recursion depth mismatch").
        "--workers",
        "1",
    ]);
    run(held)
}

/// A process that ends with the task.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
