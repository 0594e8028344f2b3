//! Keystone: gives a token, and its catalogue says where Ironic is.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{Certificate, StatusCode, header::HeaderValue};
use serde_json::{Value, json};

use crate::{
    model::node,
    origin::Setting,
    secret::{Secret, Secrets},
    trouble::{Result, Tell, Trouble},
};

/// How long an answer may take, also one of Ironic.
const LIMIT: Duration = Duration::from_secs(90);

/// How Ironic is called in catalogues.
const TYPES: [&str; 2] = ["baremetal", "bare-metal"];

/// One Keystone, and what it gave us.
#[derive(Debug)]
pub struct Keystone {
    http: reqwest::Client,
    url: String,
    plain: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    setting: Setting,
    given: Mutex<Option<Arc<Ticket>>>,
    /// So that requests side by side ask for one token.
    asking: tokio::sync::Mutex<()>,
    /// The last catalogue, and where Ironic is by it.
    place: Mutex<Option<(Value, String)>>,
}

/// A token and where it is good for.
#[derive(Debug)]
pub struct Ticket {
    token: HeaderValue,
    served: AtomicBool,
}

/// Why there is no token.
#[derive(Debug)]
pub enum Closed {
    Passing(String),
    Final(Trouble),
}

impl Ticket {
    /// The token as a header that is shown nowhere.
    pub fn header(&self) -> HeaderValue {
        self.token.clone()
    }

    /// Notes that Ironic has taken it.
    pub fn has_served(&self) {
        self.served.store(true, Ordering::Relaxed);
    }
}

impl Keystone {
    pub fn new(url: String, who: &node::Keystone, secrets: &dyn Secrets) -> Result<Self> {
        let found = who.secrets.iter().map(|(name, at)| Ok((name.clone(), secrets.find(at)?)));
        let secrets = found.collect::<Result<_>>()?;
        Ok(Self {
            http: http(who.plain.get("OS_CACERT"), &who.setting)?,
            url,
            plain: who.plain.clone(),
            secrets,
            setting: who.setting.clone(),
            given: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            place: Mutex::default(),
        })
    }

    /// Speaks to Ironic with the certificates that Keystone is trusted by.
    pub fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    /// Where Ironic is, once Keystone has told.
    pub fn endpoint(&self) -> Option<String> {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map(|(_, url)| url.clone())
    }

    /// Where another service is, once Keystone has told.
    pub fn place(&self, types: &[&str]) -> Result<String> {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let catalogue = place.as_ref().map_or(&Value::Null, |(catalogue, _)| catalogue);
        self.find(catalogue, types)
    }

    /// The token; a new one if there is none.
    pub async fn ticket(&self) -> Result<Arc<Ticket>, Closed> {
        let _alone = self.asking.lock().await;
        if let Some(ticket) = self.given() {
            return Ok(ticket);
        }
        let ticket = Arc::new(self.ask().await?);
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ticket));
        Ok(ticket)
    }

    /// Forgets a token that Ironic does not take any more; says whether another may do better.
    pub async fn give_back(&self, ticket: &Ticket) -> bool {
        let _alone = self.asking.lock().await;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.as_ref().is_some_and(|given| given.token == ticket.token) {
            *given = None;
        }
        ticket.served.load(Ordering::Relaxed)
    }

    /// Keystone let us in and Ironic does not.
    pub fn not_let_in(&self) -> Trouble {
        self.trouble()
            .because("Ironic does not take the token that Keystone has just given")
            .hint("see that Ironic asks the same Keystone, and which roles the user has")
    }

    fn given(&self) -> Option<Arc<Ticket>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self) -> Result<Ticket, Closed> {
        let base = self.url.trim_end_matches('/').trim_end_matches("/v3");
        let body = self.body().map_err(Closed::Final)?;
        let answer = self.http.post(format!("{base}/v3/auth/tokens")).json(&body).send().await;
        let answer = answer.map_err(|error| self.unanswered(&error))?;
        let status = answer.status();
        let token = answer.headers().get("X-Subject-Token").cloned();
        let said: Value = answer.json().await.unwrap_or(Value::Null);
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            return Err(Closed::Passing("waiting for Keystone, which is busy".into()));
        }
        if !status.is_success() {
            return Err(Closed::Final(self.refused(status, &said)));
        }
        let Some(mut token) = token else {
            return Err(Closed::Final(self.trouble().because("its answer holds no token")));
        };
        token.set_sensitive(true);
        let catalogue = said["token"]["catalog"].clone();
        let url = self.find(&catalogue, &TYPES).map_err(Closed::Final)?;
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some((catalogue, url));
        Ok(Ticket { token, served: AtomicBool::new(false) })
    }

    fn word(&self, name: &str) -> Option<&str> {
        let secret = || self.secrets.get(name).map(Secret::reveal);
        self.plain.get(name).map(String::as_str).or_else(secret).filter(|word| !word.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str> {
        self.word(name).ok_or_else(|| {
            Trouble::refused(format!("`{name}` is not set, and Keystone has to know who asks"))
                .set_by(&self.setting)
                .hint("source the cloud's `admin-openrc.sh` before the command")
        })
    }

    /// Who asks, and for what.
    fn body(&self) -> Result<Value> {
        if self.word("OS_APPLICATION_CREDENTIAL_SECRET").is_some() {
            let identity = json!({
                "methods": ["application_credential"],
                "application_credential": self.application_credential()?,
            });
            return Ok(json!({ "auth": { "identity": identity } }));
        }
        let mut user = self.user()?;
        user["password"] = self.need("OS_PASSWORD")?.into();
        let identity = json!({ "methods": ["password"], "password": { "user": user } });
        Ok(json!({ "auth": { "identity": identity, "scope": self.scope()? } }))
    }

    fn application_credential(&self) -> Result<Value> {
        let secret = self.need("OS_APPLICATION_CREDENTIAL_SECRET")?;
        if let Some(id) = self.word("OS_APPLICATION_CREDENTIAL_ID") {
            return Ok(json!({ "id": id, "secret": secret }));
        }
        let name = self.need("OS_APPLICATION_CREDENTIAL_NAME")?;
        Ok(json!({ "name": name, "secret": secret, "user": self.user()? }))
    }

    fn user(&self) -> Result<Value> {
        if let Some(id) = self.word("OS_USER_ID") {
            return Ok(json!({ "id": id }));
        }
        let name = self.need("OS_USERNAME")?;
        Ok(json!({ "name": name, "domain": self.domain("OS_USER_DOMAIN") }))
    }

    fn scope(&self) -> Result<Value> {
        if self.word("OS_SYSTEM_SCOPE").is_some() {
            return Ok(json!({ "system": { "all": true } }));
        }
        if let Some(id) = self.word("OS_PROJECT_ID") {
            return Ok(json!({ "project": { "id": id } }));
        }
        let name = self.need("OS_PROJECT_NAME")?;
        Ok(json!({ "project": { "name": name, "domain": self.domain("OS_PROJECT_DOMAIN") } }))
    }

    /// A domain by its ID or its name; `Default` is there in every Keystone.
    fn domain(&self, of: &str) -> Value {
        match (self.word(&format!("{of}_ID")), self.word(&format!("{of}_NAME"))) {
            (Some(id), _) => json!({ "id": id }),
            (None, name) => json!({ "name": name.unwrap_or("Default") }),
        }
    }

    /// A service's address in a catalogue.
    fn find(&self, catalogue: &Value, types: &[&str]) -> Result<String> {
        let interface = self.word("OS_INTERFACE").unwrap_or("public").trim_end_matches("URL");
        let region = self.word("OS_REGION_NAME");
        let services = catalogue.as_array().into_iter().flatten();
        let ours = services.filter(|service| types.iter().any(|name| service["type"] == **name));
        let mut places = ours.filter_map(|service| service["endpoints"].as_array()).flatten();
        let fits = |place: &&Value| {
            let there = region.is_none_or(|region| place["region_id"] == region);
            place["interface"] == interface && there
        };
        let url = places.find(fits).and_then(|place| place["url"].as_str());
        url.map(str::to_owned).ok_or_else(|| {
            let region = region.map(|region| format!(" in region {region}")).unwrap_or_default();
            self.trouble()
                .because(format!(
                    "its catalogue has no {interface} address of a service of type `{}`{region}",
                    types[0]
                ))
                .hint("see `openstack catalog list`; `OS_INTERFACE` and `OS_REGION_NAME` choose")
        })
    }

    fn refused(&self, status: StatusCode, said: &Value) -> Trouble {
        let words = said["error"]["message"].as_str().unwrap_or("it does not say why");
        let trouble = self.trouble().because(format!("HTTP status {}: {words}", status.as_u16()));
        match status {
            // Keystone answers so about an application credential that it does not know, too.
            _ if said["error"]["message"].is_string() => {
                trouble.hint("check the `OS_…` variables: user, password, project and domains")
            }
            _ => trouble.hint("check that `OS_AUTH_URL` is the address of Keystone"),
        }
    }

    fn unanswered(&self, error: &reqwest::Error) -> Closed {
        if self.endpoint().is_some() {
            return Closed::Passing("waiting for Keystone to answer again".into());
        }
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let hint = "check that Keystone runs and that this machine reaches it";
        Closed::Final(self.trouble().because(cause).hint(hint))
    }

    fn trouble(&self) -> Trouble {
        Trouble::host(format!("asking Keystone at {} for a token", self.url)).set_by(&self.setting)
    }
}

/// A client that trusts the site's authority, too.
fn http(cacert: Option<&String>, setting: &Setting) -> Result<reqwest::Client> {
    // Fails only when another part of the program installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = reqwest::Client::builder().no_proxy().timeout(LIMIT);
    if let Some(file) = cacert.filter(|file| !file.is_empty()) {
        let doing = || format!("reading the certificates of `OS_CACERT`, {file}");
        let bytes = std::fs::read(file)
            .map_err(|error| Trouble::refused(doing()).because(error).set_by(setting))?;
        for certificate in Certificate::from_pem_bundle(&bytes).or_refused(doing)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().or_internal(|| "preparing an HTTP client".into())
}
