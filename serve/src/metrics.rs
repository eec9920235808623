//! What is counted, in the text form that Prometheus reads. Nothing in it is of a household.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Upper ends of the classes of durations, in seconds, as they are written.
const CLASSES: [(&str, Duration); 8] = [
    ("0.001", Duration::from_millis(1)),
    ("0.005", Duration::from_millis(5)),
    ("0.01", Duration::from_millis(10)),
    ("0.05", Duration::from_millis(50)),
    ("0.1", Duration::from_millis(100)),
    ("0.5", Duration::from_millis(500)),
    ("1", Duration::from_secs(1)),
    ("10", Duration::from_secs(10)),
];

/// Counts since the start.
pub struct Metrics {
    started: Instant,
    /// By route as it is declared, and status.
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    /// By route.
    durations: Mutex<BTreeMap<String, Durations>>,
    /// Requests that are being answered.
    pub open: AtomicU64,
    /// Records decided, of single requests and of batches.
    pub records: AtomicU64,
    /// Records that did not fit the schema.
    pub refused: AtomicU64,
}

#[derive(Default)]
struct Durations {
    /// By class: requests that took no longer.
    within: [u64; CLASSES.len()],
    count: u64,
    sum: Duration,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            started: Instant::now(),
            requests: Mutex::default(),
            durations: Mutex::default(),
            open: AtomicU64::new(0),
            records: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counts a request that was answered.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_string(), status)).or_default() += 1;
        drop(requests);
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let own = durations.entry(route.to_string()).or_default();
        for (within, (_, end)) in own.within.iter_mut().zip(CLASSES) {
            *within += u64::from(took <= end);
        }
        own.count += 1;
        own.sum += took;
    }

    /// The text of `/metrics`.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut one = |name: &str, kind: &str, help: &str, value: String| {
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        };
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed).to_string();
        let up = self.started.elapsed().as_secs().to_string();
        one("logis_uptime_seconds", "gauge", "Seconds since the start.", up);
        one("logis_requests_open", "gauge", "Requests that are being answered.", count(&self.open));
        one("logis_records_total", "counter", "Records decided.", count(&self.records));
        one(
            "logis_records_refused_total",
            "counter",
            "Records that did not fit the schema.",
            count(&self.refused),
        );
        out.push_str("# HELP logis_requests_total Requests answered.\n# TYPE logis_requests_total counter\n");
        for ((route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "logis_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        out.push_str(
            "# HELP logis_request_seconds Time to an answer.\n# TYPE logis_request_seconds histogram\n",
        );
        for (route, own) in &*self.durations.lock().unwrap_or_else(PoisonError::into_inner) {
            for (within, (end, _)) in own.within.iter().zip(CLASSES) {
                let _ =
                    writeln!(out, "logis_request_seconds_bucket{{route=\"{route}\",le=\"{end}\"}} {within}");
            }
            let (count, sum) = (own.count, own.sum.as_secs_f64());
            let _ = writeln!(out, "logis_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "logis_request_seconds_sum{{route=\"{route}\"}} {sum}");
            let _ = writeln!(out, "logis_request_seconds_count{{route=\"{route}\"}} {count}");
        }
        out
    }
}
