//! Gets a page over HTTP for a lookup: one answer for each question, however often a command asks it.

use std::{
    collections::BTreeMap,
    error::Error as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Client, RequestBuilder, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};

use crate::trouble::{Result, Tell, Trouble};

/// Redirects that Python follows.
const REDIRECTS: usize = 10;

/// More than any list of keys or addresses has.
const LARGEST: usize = 64 << 20;

/// What to ask for, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub login: Option<Login>,
    pub validate_certs: bool,
    /// The path of more certificates to trust.
    pub authorities: Option<String>,
    pub use_proxy: bool,
    pub follow_redirects: bool,
    pub timeout: Duration,
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    pub user: String,
    pub password: String,
    /// Whether also a server that does not ask is told.
    pub unasked: bool,
}

/// Why no page came.
#[derive(Debug, Clone)]
pub enum NoPage {
    /// The server answered with another code.
    Status(u16, String),
    Unreachable(String),
    TimedOut,
}

type Answer = std::result::Result<Vec<u8>, NoPage>;

/// The pages that a command has asked for.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<BTreeMap<Page, Answer>>);

impl Pages {
    /// A page's bytes.
    pub(super) fn get(&self, page: &Page) -> Result<Answer> {
        // Held while asking, so that hosts side by side ask once.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(page) {
            return Ok(answer.clone());
        }
        let answer = fetched(page)?;
        known.insert(page.clone(), answer.clone());
        Ok(answer)
    }
}

/// Asks in a thread with a runtime of its own: templates are evaluated inside another.
fn fetched(page: &Page) -> Result<Answer> {
    let doing = || format!("getting {}", page.url.split(['?', '#']).next().unwrap_or_default());
    let ask = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().or_internal(|| "starting a runtime".into())?;
        let client = client(page)?;
        Ok(runtime.block_on(async {
            let asked = tokio::time::timeout(page.timeout, asked(&client, page));
            asked.await.unwrap_or(Err(NoPage::TimedOut))
        }))
    };
    let joined = std::thread::scope(|scope| scope.spawn(ask).join());
    joined.unwrap_or_else(|_| Err(Trouble::internal(doing())))
}

fn client(page: &Page) -> Result<Client> {
    // Fails only when another part of the program installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let follow = if page.follow_redirects { Policy::limited(REDIRECTS) } else { Policy::none() };
    let mut client = Client::builder().redirect(follow);
    if !page.validate_certs {
        client = client.danger_accept_invalid_certs(true);
    }
    if !page.use_proxy {
        client = client.no_proxy();
    }
    if let Some(path) = &page.authorities {
        let doing = || format!("reading certificates from {path}");
        let bytes = std::fs::read(path).or_refused(doing)?;
        let found = reqwest::Certificate::from_pem_bundle(&bytes).or_refused(doing)?;
        client = client.tls_certs_merge(found);
    }
    client.build().or_internal(|| "preparing an HTTP client".into())
}

async fn asked(client: &Client, page: &Page) -> Answer {
    let request = || -> std::result::Result<RequestBuilder, NoPage> {
        Ok(client.get(&page.url).headers(headers(page)?))
    };
    let login = page.login.as_ref();
    let with_login = |request: RequestBuilder| match login {
        Some(login) => request.basic_auth(&login.user, Some(&login.password)),
        None => request,
    };
    let first = request()?;
    let unasked = login.is_some_and(|login| login.unasked);
    let first = if unasked { with_login(first) } else { first };
    let mut response = first.send().await.map_err(|error| told(&error))?;
    if login.is_some() && !unasked && asks_for_login(&response) {
        response = with_login(request()?).send().await.map_err(|error| told(&error))?;
    }
    let status = response.status();
    if !status.is_success() {
        let reason = status.canonical_reason().unwrap_or_default();
        return Err(NoPage::Status(status.as_u16(), reason.to_owned()));
    }
    body(response).await
}

async fn body(mut response: Response) -> Answer {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| told(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            let most = LARGEST >> 20;
            return Err(NoPage::Unreachable(format!("the answer is larger than {most} MiB")));
        }
    }
    Ok(bytes)
}

/// Whether the server wants a name and a password in the one way that is known here.
fn asks_for_login(response: &Response) -> bool {
    let ways = response.headers().get_all(reqwest::header::WWW_AUTHENTICATE);
    let basic = |way: &HeaderValue| {
        way.to_str().is_ok_and(|way| way.trim_start().to_lowercase().starts_with("basic"))
    };
    response.status() == reqwest::StatusCode::UNAUTHORIZED && ways.iter().any(basic)
}

fn headers(page: &Page) -> std::result::Result<HeaderMap, NoPage> {
    let mut headers = HeaderMap::new();
    for (name, value) in &page.headers {
        let wrong = || NoPage::Unreachable(format!("`{name}` is no header that can be sent"));
        let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        headers.insert(key, HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?);
    }
    Ok(headers)
}

/// The innermost cause, which names neither the address nor a login in it.
fn told(error: &reqwest::Error) -> NoPage {
    if error.is_redirect() {
        return NoPage::Status(302, "redirected without an end".into());
    }
    if error.is_timeout() {
        return NoPage::TimedOut;
    }
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    let last = causes.last().map(ToString::to_string);
    NoPage::Unreachable(last.unwrap_or_else(|| "the address is not valid".into()))
}
