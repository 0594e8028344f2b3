//! A thin client of Ironic's REST API: it agrees on a version, waits out what passes (a locked node, a busy or
//! restarting Ironic), and turns errors into words.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{
    answer::{Passing, Refusal, Stranger, passing, shortened, words},
    keystone::{Closed, Keystone, Ticket},
};
use crate::{
    origin::Sourced,
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// The API version that this client was written against; an older Ironic is spoken to in its own newest version.
const BEST: (u32, u32) = (1, 99);

/// The oldest version that does what Ymir needs: config drives given as JSON.
const OLDEST: (u32, u32) = (1, 56);

const VERSION_HEADER: &str = "X-OpenStack-Ironic-API-Version";
const NEWEST_HEADER: &str = "X-OpenStack-Ironic-API-Maximum-Version";

/// Requests in flight at once; Ironic's API is one Python process.
const AT_ONCE: usize = 16;

/// How long a request may take: changing the state of a node takes its lock first.
const REQUEST_LIMIT: Duration = Duration::from_secs(90);

/// So often Ironic may break over one request; each time may have been a passing trouble of its database.
const BROKEN_ANSWERS: u32 = 3;

/// Waiting out what passes by itself.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The first pause; each further one is one longer, up to ten of them.
    pub pause: Duration,
    /// How long to go on; a restart of Ironic takes less.
    pub limit: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: Duration::from_secs(1), limit: Duration::from_mins(3) }
    }
}

/// Told what a request waits for.
pub type Told<'a> = &'a (dyn Fn(String) + Send + Sync);

/// One Ironic.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    url: Sourced<String>,
    login: Option<(String, Secret)>,
    keystone: Option<Keystone>,
    version: Mutex<(u32, u32)>,
    /// Whether Ironic has answered before: if so, a refused connection is a restart, else it is down.
    reached: AtomicBool,
    sent: AtomicU64,
    slots: Semaphore,
    pace: Pace,
}

/// A request that Ironic refused, or that could not be made.
#[derive(Debug)]
pub enum Failure {
    /// Ironic understood and said no.
    Refused(Refusal),
    /// No answer came to a change that may have been made: look before asking again.
    Lost(Trouble),
    Trouble(Trouble),
}

impl Failure {
    /// As a trouble of `what` was tried.
    pub fn while_trying(self, what: impl Into<String>) -> Trouble {
        match self {
            Self::Refused(refusal) => refusal.while_trying(what),
            Self::Lost(trouble) | Self::Trouble(trouble) => trouble.while_trying(what),
        }
    }
}

impl Client {
    pub fn new(url: Sourced<String>, login: Option<(String, Secret)>, pace: Pace) -> Result<Self> {
        // Fails only when another part of the program installed one before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Ironic is inside the site: a proxy for the way out would not find it.
        let http = reqwest::Client::builder().no_proxy().timeout(REQUEST_LIMIT).build();
        Ok(Self {
            http: http.or_internal(|| "preparing an HTTP client".into())?,
            url,
            login,
            keystone: None,
            version: Mutex::new(BEST),
            reached: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            slots: Semaphore::new(AT_ONCE),
            pace,
        })
    }

    /// The same, by a token and at the address that Keystone gives.
    #[must_use]
    pub fn through(mut self, keystone: Keystone) -> Self {
        self.http = keystone.http();
        self.keystone = Some(keystone);
        self
    }

    /// The Keystone that lets us in, if there is one.
    pub fn keystone(&self) -> Option<&Keystone> {
        self.keystone.as_ref()
    }

    /// How many requests were sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How this client waits.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    pub async fn get(&self, path: &str, told: Told<'_>) -> Result<Value, Failure> {
        self.send(Method::GET, path, None, told).await
    }

    pub async fn post(&self, path: &str, body: &Value, told: Told<'_>) -> Result<Value, Failure> {
        self.send(Method::POST, path, Some(body), told).await
    }

    pub async fn put(&self, path: &str, body: &Value, told: Told<'_>) -> Result<Value, Failure> {
        self.send(Method::PUT, path, Some(body), told).await
    }

    pub async fn patch(&self, path: &str, body: &Value, told: Told<'_>) -> Result<Value, Failure> {
        self.send(Method::PATCH, path, Some(body), told).await
    }

    pub async fn delete(&self, path: &str, told: Told<'_>) -> Result<Value, Failure> {
        self.send(Method::DELETE, path, None, told).await
    }

    /// Puts a whole value in the place of another. Twice is as good as once, so a lock is waited out.
    pub async fn replace(
        &self,
        path: &str,
        body: &Value,
        told: Told<'_>,
    ) -> Result<Value, Failure> {
        let since = Instant::now();
        loop {
            match self.put(path, body, told).await {
                Err(Failure::Refused(refusal))
                    if refusal.is_lock() && since.elapsed() < self.pace.limit =>
                {
                    told("waiting for the node's lock".into());
                    tokio::time::sleep(self.pace.pause).await;
                }
                ended => return ended,
            }
        }
    }

    /// Sends until there is an answer that will not change by waiting.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        told: Told<'_>,
    ) -> Result<Value, Failure> {
        let since = Instant::now();
        let (mut pauses, mut broken) = (0, 0);
        loop {
            let slot = self.slots.acquire().await.expect("the semaphore is never closed");
            // What a request needs is only there while it is under way: of those who wait there may be thousands.
            let answered = Box::pin(self.once(&method, path, body)).await;
            drop(slot);
            let passing = match answered {
                Ok(value) => return Ok(value),
                Err(Once::Final(failure)) => return Err(failure),
                Err(Once::Passing(passing)) => passing,
                Err(Once::Broken(refusal)) if broken < BROKEN_ANSWERS => {
                    broken += 1;
                    let waits_for =
                        format!("asking Ironic again, because it broke: {}", refusal.words());
                    Passing { waits_for }
                }
                Err(Once::Broken(refusal)) => return Err(Failure::Refused(refusal)),
            };
            if since.elapsed() >= self.pace.limit {
                return Err(Failure::Trouble(self.too_long(&passing)));
            }
            told(passing.waits_for.clone());
            tracing::debug!(%method, path, waits_for = %passing.waits_for, "asking Ironic again");
            pauses = (pauses + 1).min(10);
            tokio::time::sleep(self.pace.pause * pauses).await;
        }
    }

    async fn once(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value, Once> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let ticket = self.ticket().await?;
        let answer = match self.request(method, path, body, ticket.as_deref()).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.unanswered(method, &error)),
        };
        self.reached.store(true, Ordering::Relaxed);
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.map_err(|error| self.unanswered(method, &error))?;
        tracing::debug!(%method, path, status = status.as_u16(), "Ironic answered");
        if status != StatusCode::UNAUTHORIZED
            && let Some(ticket) = &ticket
        {
            ticket.has_served();
        }
        if status.is_success() {
            return Ok(serde_json::from_str(&text).unwrap_or(Value::Null));
        }
        if status == StatusCode::NOT_ACCEPTABLE {
            return Err(self.agree(&headers));
        }
        let refusal = self.refusal(method, path, status, &text);
        let broke = status == StatusCode::INTERNAL_SERVER_ERROR;
        let gateway = matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
        if (broke || gateway) && (*method == Method::POST || *method == Method::PUT) {
            return Err(Once::Final(Failure::Lost(self.trouble().because(refusal.words()))));
        }
        match passing(&refusal) {
            // The lock may belong to a request for the same: who asks has to look before asking again. For room one waits
            // as long as others need.
            Some(_) if (refusal.is_lock() || refusal.is_full()) && *method == Method::PUT => {
                Err(Once::Final(Failure::Refused(refusal)))
            }
            Some(passing) => Err(Once::Passing(passing)),
            None if status == StatusCode::UNAUTHORIZED => {
                Err(self.unauthorised(&refusal, ticket.as_deref()).await)
            }
            None if broke => Err(Once::Broken(refusal)),
            None => Err(Once::Final(Failure::Refused(refusal))),
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.base().trim_end_matches('/').trim_end_matches("/v1"))
    }

    /// Where Ironic is, by Keystone or by the site.
    fn base(&self) -> String {
        let found = self.keystone.as_ref().and_then(Keystone::endpoint);
        found.unwrap_or_else(|| self.url.value.clone())
    }

    /// What Keystone lets us in with, if there is one.
    async fn ticket(&self) -> Result<Option<Arc<Ticket>>, Once> {
        let Some(keystone) = &self.keystone else { return Ok(None) };
        keystone.ticket().await.map(Some).map_err(|closed| match closed {
            Closed::Passing(waits_for) => Once::Passing(Passing { waits_for }),
            Closed::Final(trouble) => Once::Final(Failure::Trouble(trouble)),
        })
    }

    fn refusal(&self, method: &Method, path: &str, status: StatusCode, text: &str) -> Refusal {
        let status = status.as_u16();
        if let Some(words) = words(text) {
            return Refusal { status, words, stranger: None };
        }
        // What was asked for is told without the list of fields.
        let address = self.address(path.split('?').next().unwrap_or_default());
        let request = format!("{method} {address}");
        let stranger =
            Stranger { request, setting: self.url.setting.clone(), named_by: self.named_by() };
        Refusal { status, words: shortened(text.trim()), stranger: Some(Box::new(stranger)) }
    }

    /// Whether this version of the API is spoken, or a newer one: known once Ironic has answered.
    pub(super) fn speaks(&self, version: (u32, u32)) -> bool {
        self.version() >= version
    }

    fn version(&self) -> (u32, u32) {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        ticket: Option<&Ticket>,
    ) -> RequestBuilder {
        let url = self.address(path);
        let (major, minor) = self.version();
        let request = self
            .http
            .request(method.clone(), url)
            .header(VERSION_HEADER, format!("{major}.{minor}"));
        let request = match &self.login {
            Some((name, password)) => request.basic_auth(name, Some(password.reveal())),
            None => request,
        };
        let request = match ticket {
            Some(ticket) => request.header("X-Auth-Token", ticket.header()),
            None => request,
        };
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Ironic does not speak our version: takes its newest one, if that is new enough.
    fn agree(&self, headers: &HeaderMap) -> Once {
        let newest = headers.get(NEWEST_HEADER).and_then(|value| value.to_str().ok());
        let parsed = newest.and_then(|text| {
            let (major, minor) = text.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        });
        let mut version = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        match parsed {
            Some(newest) if newest >= OLDEST && newest < *version => {
                *version = newest;
                Once::Passing(Passing { waits_for: "agreeing on the API's version".into() })
            }
            _ => {
                let trouble = self.trouble().because(format!(
                    "it speaks API version {} at most, and Ymir needs {}.{}",
                    newest.unwrap_or("unknown"),
                    OLDEST.0,
                    OLDEST.1
                ));
                let hint = "upgrade Ironic: the Ussuri release of 2020 is the oldest that will do";
                Once::Final(Failure::Trouble(trouble.hint(hint)))
            }
        }
    }

    /// No answer: final if Ironic never answered; a change that may have arrived must not be sent twice unseen.
    fn unanswered(&self, method: &Method, error: &reqwest::Error) -> Once {
        // Between "error sending request" and the cause are only the names of layers.
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let trouble = self.trouble().because(cause).hint(
            "check that Ironic runs and that this machine reaches it; in a lab, `ymir lab status` tells and `ymir lab up` starts it",
        );
        if !self.reached.load(Ordering::Relaxed) {
            return Once::Final(Failure::Trouble(trouble));
        }
        if error.is_connect() || *method == Method::GET || *method == Method::PATCH {
            return Once::Passing(Passing {
                waits_for: "waiting for Ironic to answer again".into(),
            });
        }
        Once::Final(Failure::Lost(trouble))
    }

    /// A token that let us in before has expired or was taken back; a new one that does not is of no use.
    async fn unauthorised(&self, refusal: &Refusal, ticket: Option<&Ticket>) -> Once {
        if let (Some(keystone), Some(ticket)) = (&self.keystone, ticket) {
            if keystone.give_back(ticket).await {
                let waits_for = "asking Keystone for a new token".into();
                return Once::Passing(Passing { waits_for });
            }
            return Once::Final(Failure::Trouble(keystone.not_let_in()));
        }
        let trouble = self.trouble().because(refusal.words());
        Once::Final(Failure::Trouble(
            trouble.hint("set `ymir_ironic_username` and `ymir_ironic_password`"),
        ))
    }

    /// What answers is no Ironic, or one that Ymir does not understand.
    pub fn not_understood(&self, what: &str, why: &str) -> Trouble {
        Trouble::host(what)
            .because(format!("{why} at {}", self.address("nodes")))
            .set_by(&self.url.setting)
            .hint(format!("check that {} is the address of Ironic's API", self.named_by()))
    }

    /// What names Ironic's address: a variable, or Keystone.
    fn named_by(&self) -> String {
        match &self.keystone {
            Some(_) => "the endpoint of `baremetal` in Keystone's catalogue".into(),
            None => format!("`{}`", self.url.setting.variable),
        }
    }

    fn too_long(&self, passing: &Passing) -> Trouble {
        self.trouble()
            .because(format!("still {} after {:?}", passing.waits_for, self.pace.limit))
            .hint("see Ironic's log; once it is at ease, run the command again")
    }

    fn trouble(&self) -> Trouble {
        Trouble::host(format!("talking to Ironic at {}", self.base())).set_by(&self.url.setting)
    }
}

/// How one attempt ended without success.
#[derive(Debug)]
enum Once {
    Passing(Passing),
    /// Ironic has a trouble of its own, which may pass.
    Broken(Refusal),
    Final(Failure),
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
