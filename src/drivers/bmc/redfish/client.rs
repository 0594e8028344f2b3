//! A thin client of a Redfish service: it follows links instead of making paths, sends credentials to nobody else,
//! changes only what nobody changed meanwhile, and waits out what passes where asking again harms nothing.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header, redirect};
use serde::Serialize;
use serde_json::Value;

use super::{
    answer::{self, Answer, Failure, Refusal},
    trust,
};
use crate::{
    drivers::bmc::whose::Whose,
    model::bmc::{Entrance, Redfish},
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// The header that carries a session's token.
const TOKEN: &str = "x-auth-token";

/// Waiting out what passes by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause that a service may ask for.
    pub most: Duration,
    pub tries: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: Duration::from_millis(500), most: Duration::from_secs(10), tries: 4 }
    }
}

/// As whom requests are made.
#[derive(Debug)]
enum Entered {
    Nobody,
    Basic,
    Session { token: Secret, place: Option<Url> },
}

/// A Redfish service that we are logged in to.
#[derive(Debug)]
pub(super) struct Client<'a> {
    pub whose: Whose<'a>,
    pub redfish: &'a Redfish,
    http: reqwest::Client,
    root: Url,
    login: Option<(Secret, Secret)>,
    entered: Entered,
    pace: Pace,
}

impl<'a> Client<'a> {
    /// Logs in where a login is set.
    pub(super) async fn open(
        whose: Whose<'a>,
        redfish: &'a Redfish,
        login: Option<(Secret, Secret)>,
        pace: Pace,
    ) -> Result<Self> {
        let root = Url::parse(&redfish.root).map_err(|error| {
            Trouble::refused(format!("{}: reading the address of its BMC", whose.host))
                .caused_by(&error)
                .set_by(&whose.bmc.address.setting)
        })?;
        // BMCs are inside the site: a proxy for the way out would not find them.
        let builder = reqwest::Client::builder().no_proxy().timeout(whose.limit());
        let builder = builder.redirect(same_origin());
        let http = trust::trusting(&whose, &redfish.trust, builder)?.build();
        let http = http.or_internal(|| "preparing an HTTP client".into())?;
        let entered = Entered::Nobody;
        let mut client = Self { whose, redfish, http, root, login, entered, pace };
        match client.enter().await {
            Ok(()) => Ok(client),
            Err(failure) => Err(client.told("logging in", failure).await),
        }
    }

    async fn enter(&mut self) -> Result<(), Failure> {
        if self.login.is_none() {
            return Ok(());
        }
        if self.redfish.entrance == Entrance::Basic {
            self.entered = Entered::Basic;
            return Ok(());
        }
        // The root is for everybody, but some services keep even that behind the login.
        let sessions = match self.root().await {
            Ok(root) => answer::link(root.value.pointer("/Links/Sessions")),
            Err(Failure::Refused(refusal)) if refusal.status == 401 => None,
            Err(failure) => return Err(failure),
        };
        let begun = match sessions {
            Some(sessions) => self.begin(&sessions).await?,
            None => None,
        };
        self.entered = match (begun, self.redfish.entrance) {
            (Some(entered), _) => entered,
            (None, Entrance::Session) => return Err(Failure::NoSessions),
            (None, _) => Entered::Basic,
        };
        Ok(())
    }

    /// Begins a session; `None` if the service has none.
    async fn begin(&self, sessions: &str) -> Result<Option<Entered>, Failure> {
        let Some((name, password)) = &self.login else { return Ok(None) };
        let body = serde_json::json!({ "UserName": name.reveal(), "Password": password.reveal() });
        let url = self.url(sessions)?;
        let begun = match self.once(&Method::POST, url, Some(&body), None).await {
            Ok(begun) => begun,
            Err(Failure::Refused(Refusal { status: 400 | 404 | 405 | 501, .. })) => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let place = begun.location.clone().or_else(|| answer::link(Some(&begun.value)));
        let place = place.and_then(|place| self.url(&place).ok());
        Ok(begun.token.map(|token| Entered::Session { token, place }))
    }

    /// Ends the session, so that the BMC has room for the next one. Nothing depends on its answer.
    pub(super) async fn close(self) {
        if let Entered::Session { place: Some(place), .. } = &self.entered {
            drop(self.once(&Method::DELETE, place.clone(), None, None).await);
        }
    }

    /// How the login goes.
    pub(super) fn entrance(&self) -> &'static str {
        match self.entered {
            Entered::Nobody => "without a login",
            Entered::Basic => "the password with every request",
            Entered::Session { .. } => "a session",
        }
    }

    pub(super) async fn root(&self) -> Result<Answer, Failure> {
        self.get(self.root.as_str()).await
    }

    /// Reads what a link leads to. What passes by itself is waited out.
    pub(super) async fn get(&self, link: &str) -> Result<Answer, Failure> {
        let url = self.url(link)?;
        let mut pause = self.pace.pause;
        for _ in 1..self.pace.tries {
            let wait = match self.once(&Method::GET, url.clone(), None, None).await {
                Err(Failure::Cut(_)) => pause,
                Err(Failure::Refused(Refusal { status: 429 | 503, after, .. })) => {
                    after.unwrap_or(pause).min(self.pace.most)
                }
                answered => return answered,
            };
            tracing::debug!(%url, ?wait, "asking the BMC again");
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
        self.once(&Method::GET, url, None, None).await
    }

    /// Asks for an action. It is sent once: nobody knows what became of one that was not answered.
    pub(super) async fn post(&self, link: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        let url = self.url(link)?;
        self.once(&Method::POST, url, Some(&json(body)?), None).await
    }

    /// Changes a resource as it was read. If somebody changed it meanwhile, it is read again, once.
    pub(super) async fn patch(
        &self,
        link: &str,
        etag: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Answer, Failure> {
        let (url, body) = (self.url(link)?, json(body)?);
        match self.once(&Method::PATCH, url.clone(), Some(&body), etag).await {
            Err(Failure::Refused(Refusal { status: 412, .. })) => {
                let again = self.get(link).await?;
                // Some services give a weak tag and take only a strong one.
                let strong = again.etag.as_deref().map(|etag| etag.trim_start_matches("W/"));
                self.once(&Method::PATCH, url, Some(&body), strong).await
            }
            answered => answered,
        }
    }

    /// Where a link leads; refused if that is another service, which must not see our password.
    fn url(&self, link: &str) -> Result<Url, Failure> {
        let url = self.root.join(link).map_err(|_| Failure::NoLink(link.to_owned()))?;
        if url.origin() == self.root.origin() {
            return Ok(url);
        }
        Err(Failure::Elsewhere(url.origin().ascii_serialization()))
    }

    async fn once(
        &self,
        method: &Method,
        url: Url,
        body: Option<&Value>,
        etag: Option<&str>,
    ) -> Result<Answer, Failure> {
        let path = url.path().to_owned();
        let mut request = self.http.request(method.clone(), url).header("OData-Version", "4.0");
        request = match (&self.entered, &self.login) {
            (Entered::Basic, Some((name, password))) => {
                request.basic_auth(name.reveal(), Some(password.reveal()))
            }
            (Entered::Session { token, .. }, _) => request.header(TOKEN, hidden(token)),
            _ => request,
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        let answered = request.send().await.map_err(|error| answer::failed(&error))?;
        tracing::debug!(%method, path, status = answered.status().as_u16(), "a BMC answered");
        read(method, &path, answered).await
    }

    /// As a trouble of `what` was tried; of a certificate that is refused, it is told which one it is.
    pub(super) async fn told(&self, what: &str, failure: Failure) -> Trouble {
        let presented = match &failure {
            Failure::Certificate(_) => self.certificate().await,
            _ => None,
        };
        answer::told(&self.whose, self.redfish, what, &failure, presented.as_deref())
    }

    /// The SHA-256 of the service's certificate, if it has one.
    pub(super) async fn certificate(&self) -> Option<String> {
        if self.root.scheme() != "https" {
            return None;
        }
        trust::presented(self.root.clone(), self.whose.limit()).await
    }
}

/// A header that no log shows.
fn hidden(token: &Secret) -> header::HeaderValue {
    // A token that came in a header can go into one.
    let value = header::HeaderValue::from_str(token.reveal());
    let mut value = value.unwrap_or_else(|_| header::HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

fn json(body: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(body).map_err(|error| Failure::NotUnderstood(error.to_string()))
}

/// Follows a few redirections, and none to another service.
fn same_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        let first = attempt.previous().first().map(Url::origin);
        if attempt.previous().len() < 4 && first == Some(attempt.url().origin()) {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

async fn read(method: &Method, path: &str, answered: Response) -> Result<Answer, Failure> {
    let (status, headers) = (answered.status(), answered.headers().clone());
    let text = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (etag, location) = (text(header::ETAG), text(header::LOCATION));
    let token = text(header::HeaderName::from_static(TOKEN)).map(Secret::new);
    let after = text(header::RETRY_AFTER).and_then(|after| after.trim().parse().ok());
    let body = answer::body(answered).await?;
    if status.is_success() {
        let value = answer::value(status, &body)?;
        return Ok(Answer { value, etag, location, token });
    }
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        return Err(Failure::Elsewhere(location.unwrap_or_else(|| "nowhere".into())));
    }
    Err(Failure::Refused(Refusal {
        status: status.as_u16(),
        request: format!("{method} {path}"),
        words: answer::words(&body),
        after: after.map(Duration::from_secs),
    }))
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
