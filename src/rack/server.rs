//! Serves a rack over HTTP on the loopback interface until it is told to stop. The clock is asked here and nowhere else.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream::BoxStream};
use http_body_util::{BodyExt, Either, Full, Limited, StreamBody};
use hyper::{
    Request, Response,
    body::{Bytes, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{
    clock::Clock,
    file::File,
    http::{Answer, Asked, Outcome},
    world::Rack,
};
use crate::trouble::{Result, Tell, Trouble};

/// A config drive is the largest thing that comes.
const LARGEST_BODY: usize = 64 << 20;

/// How often a late answer looks at the clock, which may be put forward.
const PAUSE: Duration = Duration::from_millis(5);

struct Server {
    rack: Mutex<Rack>,
    clock: Mutex<Clock>,
    base: String,
}

/// Serves until SIGTERM or Ctrl-C; `ready` is told the address.
pub async fn serve(file: File, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    let wanted = file.rack.listen;
    let doing = || format!("listening on {wanted}");
    let listener = TcpListener::bind(wanted).await.or_host(doing).map_err(|trouble: Trouble| {
        trouble.hint("stop what listens there, or give the rack another port (`listen`; port 0 takes any free one)")
    })?;
    let address = listener.local_addr().or_host(doing)?;
    let clock = Clock::new(*file.rack.speed.get_ref());
    let rack = Mutex::new(Rack::new(file, clock.began()));
    let server =
        Arc::new(Server { rack, clock: Mutex::new(clock), base: format!("http://{address}") });
    let mut terminated =
        signal(SignalKind::terminate()).or_internal(|| "waiting for SIGTERM".into())?;
    ready(address);
    tokio::select! {
        () = accept(&listener, &server) => {}
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

async fn accept(listener: &TcpListener, server: &Arc<Server>) {
    loop {
        // What cannot be accepted is the client's trouble; too many open files pass.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let server = Arc::clone(server);
        tokio::spawn(async move {
            let answer = service_fn(|request| server.clone().handle(request));
            // A client that goes away in the middle is none of the rack's troubles.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
        });
    }
}

/// A whole answer, or one that ends in the middle.
type Body = Either<Full<Bytes>, StreamBody<BoxStream<'static, Result<Frame<Bytes>, Cut>>>>;

/// Ends a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

impl Server {
    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        let asked = self.read(request).await?;
        if let Some(seconds) = put_forward(&asked) {
            return Ok(written(&self.pass(seconds)));
        }
        let now = self.now();
        let outcome = self.rack.lock().unwrap_or_else(PoisonError::into_inner).answer(&asked, now);
        match outcome {
            Outcome::Now(answer) => Ok(written(&answer)),
            Outcome::Cut => Err(Cut),
            Outcome::Torn(answer) => Ok(torn(&answer)),
            Outcome::Late(at, answer) => {
                while self.now() < at {
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(written(&answer))
            }
        }
    }

    fn now(&self) -> super::clock::Moment {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    fn pass(&self, seconds: Option<f64>) -> Answer {
        let Some(seconds) = seconds.filter(|seconds| (0.0..1e9).contains(seconds)) else {
            return Answer::new(400, json!({ "trouble": "`seconds` must be a number from 0" }));
        };
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.put_forward(seconds);
        Answer::ok(json!({ "seconds": clock.now().seconds() }))
    }

    async fn read(&self, request: Request<Incoming>) -> Result<Asked, Cut> {
        let (head, body) = request.into_parts();
        let header = |name: &str| head.headers.get(name)?.to_str().ok().map(str::to_owned);
        let bytes = Limited::new(body, LARGEST_BODY).collect().await.map_err(|_| Cut)?.to_bytes();
        let query =
            head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        Ok(Asked {
            method: head.method.to_string(),
            path: plain(head.uri.path()),
            query: query.map(|(key, value)| (plain(key), plain(value))).collect(),
            version: header("X-OpenStack-Ironic-API-Version"),
            authorization: header("Authorization"),
            token: header("X-Auth-Token"),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            base: self.base.clone(),
        })
    }
}

/// A text of a URL with its `%41` resolved.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, hex) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            _ => plain.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The seconds of a request to put the clock forward, if it is one.
#[expect(clippy::option_option, reason = "a request without a number is one, too")]
fn put_forward(asked: &Asked) -> Option<Option<f64>> {
    let is = asked.method == "POST" && asked.words() == ["rack", "clock"];
    is.then(|| asked.body["seconds"].as_f64())
}

fn written(answer: &Answer) -> Response<Body> {
    let body = answer.body.as_ref().map(Value::to_string).unwrap_or_default();
    headed(answer, Either::Left(Full::from(body)))
}

/// Half of the answer, and then the end of the connection.
fn torn(answer: &Answer) -> Response<Body> {
    let text = answer.body.as_ref().map(Value::to_string).unwrap_or_default().into_bytes();
    let half = Bytes::from(text[..text.len().div_ceil(2)].to_vec());
    let begin = futures::stream::once(async { Ok(Frame::data(half)) });
    let end = futures::stream::once(async {
        // So that the half is on its way before the connection ends.
        tokio::time::sleep(PAUSE).await;
        Err(Cut)
    });
    headed(answer, Either::Right(StreamBody::new(begin.chain(end).boxed())))
}

fn headed(answer: &Answer, body: Body) -> Response<Body> {
    let builder = answer.headers.iter().fold(
        Response::builder().status(answer.status).header("Content-Type", "application/json"),
        |builder, (name, value)| builder.header(*name, value),
    );
    builder.body(body).unwrap_or_else(|_| {
        let mut answer = Response::new(Either::Left(Full::default()));
        *answer.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        answer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_resolved() {
        assert_eq!(plain("52%3A54:00%3aaa%"), "52:54:00:aa%");
    }
}
