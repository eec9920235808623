//! Connections: accepted up to a number, each with its time for headers, and ended without breaking off an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use logis::Pack;
use logis::diagnostic::foreign;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};

use crate::api;
use crate::receipts::ReceiptsPlace;
use crate::service::{Limits, Options, Service};

/// Time in which the headers of a request must have come.
const HEADERS: Duration = Duration::from_secs(10);

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others than this machine would be heard, and nothing is asked of them.
    #[error(
        "{0}: sans jeton, le service n'écoute que sur cette machine; attendu: 127.0.0.1, ::1, ou un jeton"
    )]
    Open(SocketAddr),
    /// The token is empty, or holds what no header can carry.
    #[error(
        "le jeton est vide ou contient un caractère qu'un en-tête ne porte pas; attendu: des lettres et des chiffres"
    )]
    Token,
    /// The address cannot be listened on.
    #[error("{address}: écoute impossible: {}", foreign::io(error))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// Receipts cannot be kept where they should be.
    #[error("{place}: les reçus ne peuvent y être gardés: {why}")]
    Receipts {
        /// The place, without its password.
        place: ReceiptsPlace,
        /// Why.
        why: String,
    },
    /// The data package has errors.
    #[error("les données du service sont refusées:\n{0}")]
    Data(String),
    /// The threads of the service cannot be made.
    #[error("le service ne démarre pas: {}", foreign::io(.0))]
    Runtime(std::io::Error),
}

/// A service that listens, and answers once it runs.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    limits: Limits,
}

impl Server {
    /// Listens for requests on a pack.
    ///
    /// # Errors
    /// An address that others reach, without a token; one that is taken.
    pub fn bind(pack: Pack, options: Options) -> Result<Server, ServeError> {
        let address = options.address;
        match &options.token {
            None if !address.ip().is_loopback() => return Err(ServeError::Open(address)),
            Some(token) if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                return Err(ServeError::Token);
            }
            _ => {}
        }
        let limits = options.limits.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.computing.clamp(1, 4))
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServeError::Runtime)?;
        let listen = |error| ServeError::Listen { address, error };
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let service = Service::new(pack, options)?;
        let router = api::router(Arc::new(service));
        Ok(Server { runtime, listener, address, router, limits })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until Ctrl-C or a request to end (SIGTERM).
    ///
    /// # Errors
    /// [`ServeError::Runtime`] where signals cannot be heard.
    pub fn run(self) -> Result<(), ServeError> {
        let stop = {
            let _inside = self.runtime.enter();
            signals().map_err(ServeError::Runtime)?
        };
        self.until(stop);
        Ok(())
    }

    /// Answers on threads of its own until [`Running::stop`].
    pub fn start(self) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let address = self.address;
        let thread = std::thread::spawn(move || self.until(async { drop(stopped.await) }));
        Running { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Answers until `stop`; then accepts nothing more, and ends the answers that were begun, in the time that one
    /// may take.
    fn until(self, stop: impl Future<Output = ()>) {
        let Server { runtime, listener, router, limits, .. } = self;
        let Limits { time, connections, .. } = limits;
        runtime.block_on(async move {
            let open = Arc::new(Semaphore::new(connections.max(1)));
            let graceful = GracefulShutdown::new();
            let mut stop = std::pin::pin!(stop);
            loop {
                let accept = async {
                    let place = open.clone().acquire_owned().await.ok()?;
                    Some((place, listener.accept().await))
                };
                let accepted = match first(stop.as_mut(), std::pin::pin!(accept)).await {
                    Some(Some(accepted)) => accepted,
                    _ => break,
                };
                let (place, (stream, _)) = match accepted {
                    (place, Ok(stream)) => (place, stream),
                    // Too many open files, or a caller that is gone: later ones may fare better.
                    (_, Err(_)) => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let _ = stream.set_nodelay(true);
                let service = TowerToHyperService::new(router.clone());
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADERS)
                    .serve_connection(TokioIo::new(stream), service);
                let watched = graceful.watch(connection);
                tokio::spawn(async move {
                    // A caller that breaks off is no fault of the service.
                    let _ = watched.await;
                    drop(place);
                });
            }
            drop(listener);
            let _ = tokio::time::timeout(time, graceful.shutdown()).await;
        });
        // What is still computed is not waited for: nobody hears the answer.
        runtime.shutdown_background();
    }
}

/// The value of `work`; `None` if `stop` comes first.
async fn first<T>(
    mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    mut work: std::pin::Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    std::future::poll_fn(move |context| {
        if stop.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Comes when the process is asked to end.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        let (mut one, mut other) = (std::pin::pin!(interrupt.recv()), std::pin::pin!(terminate.recv()));
        std::future::poll_fn(move |context| match one.as_mut().poll(context).is_ready() {
            true => std::task::Poll::Ready(()),
            false => other.as_mut().poll(context).map(drop),
        })
        .await;
    })
}

/// Comes when the process is asked to end.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// A service that answers on threads of its own. Dropped, it stops.
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, and comes back when what was begun is answered.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
