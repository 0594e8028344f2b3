//! What a Redfish service answers, and what went wrong if it does not.

use std::{error::Error, time::Duration};

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::trust;
use crate::{drivers::bmc::whose::Whose, model::bmc::Redfish, secret::Secret, trouble::Trouble};

/// No answer that is worth reading is longer.
const MOST_BYTES: usize = 16 << 20;

/// How much of a service's own words is shown.
const MOST_WORDS: usize = 400;

/// An answer that is no refusal.
#[derive(Debug)]
pub(super) struct Answer {
    pub value: Value,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub token: Option<Secret>,
}

/// The service understood and said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub request: String,
    pub words: String,
    /// When it may be asked again.
    pub after: Option<Duration>,
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    Refused(Refusal),
    /// There is nothing at the address.
    Unreached(String),
    Silent,
    /// The connection ended before the answer did.
    Cut(String),
    /// The certificate is not to be trusted.
    Certificate(String),
    /// A link leads to another service.
    Elsewhere(String),
    /// A link is none.
    NoLink(String),
    /// What is answered is not what it should be.
    NotUnderstood(String),
    /// The site asks for a session, and the service has none.
    NoSessions,
    /// The service has no system of ours.
    NoSystem(String),
}

impl Failure {
    /// Whether nothing more can be asked of the service.
    pub(super) fn is_loss(&self) -> bool {
        match self {
            Self::Unreached(_) | Self::Silent | Self::Cut(_) | Self::Certificate(_) => true,
            Self::Refused(refusal) => refusal.status == 401,
            Self::Elsewhere(_)
            | Self::NoLink(_)
            | Self::NotUnderstood(_)
            | Self::NoSessions
            | Self::NoSystem(_) => false,
        }
    }

    /// In a few words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Refused(refusal) => {
                let head =
                    format!("HTTP status {} in answer to {}", refusal.status, refusal.request);
                let tail = &refusal.words;
                if tail.is_empty() { head } else { format!("{head}: {tail}") }
            }
            Self::Unreached(why) | Self::NoSystem(why) => why.clone(),
            Self::Silent => "it did not answer in time".into(),
            Self::Cut(why) => format!("the connection ended before the answer did: {why}"),
            Self::Certificate(why) => format!("its certificate is not to be trusted: {why}"),
            Self::Elsewhere(place) => format!(
                "it sends us to {place}, which is another service, and our password is not for that"
            ),
            Self::NoLink(link) => format!("its link `{link}` leads nowhere"),
            Self::NotUnderstood(why) => format!("its answer cannot be understood: {why}"),
            Self::NoSessions => "it has no sessions, which `redfish_auth_type` asks for".into(),
        }
    }
}

/// A request that was not answered.
pub(super) fn failed(error: &reqwest::Error) -> Failure {
    if let Some(why) = trust::refused_certificate(error) {
        return Failure::Certificate(why);
    }
    if error.is_timeout() {
        return Failure::Silent;
    }
    // Between "error sending request" and the cause are only the names of layers.
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_connect() {
        return Failure::Unreached(cause.to_string());
    }
    Failure::Cut(cause.to_string())
}

/// The body of an answer, as long as it is not endless.
pub(super) async fn body(mut answered: Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(part) = answered.chunk().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > MOST_BYTES {
            return Err(Failure::NotUnderstood(format!("it is longer than {MOST_BYTES} bytes")));
        }
    }
    Ok(bytes)
}

pub(super) fn value(status: StatusCode, body: &[u8]) -> Result<Value, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) || status == StatusCode::NO_CONTENT {
        return Ok(Value::Null);
    }
    let parsed = serde_json::from_slice(body);
    parsed.map_err(|error| Failure::NotUnderstood(format!("it is no JSON: {error}")))
}

/// The service's own words in a refusal: what it says at length, else in short.
pub(super) fn words(body: &[u8]) -> String {
    let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &parsed["error"];
    let info = error["@Message.ExtendedInfo"].as_array().into_iter().flatten();
    let mut told: Vec<&str> = info.filter_map(|info| info["Message"].as_str()).collect();
    if told.is_empty() {
        told.extend(error["message"].as_str());
    }
    told.dedup();
    told.join(" ").chars().take(MOST_WORDS).collect()
}

/// The link in `{"@odata.id": "…"}`.
pub(super) fn link(value: Option<&Value>) -> Option<String> {
    value?["@odata.id"].as_str().map(str::to_owned)
}

/// The links in a list of them.
pub(super) fn links(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| link(Some(one))).collect()
}

/// A resource as its type; members that are not as they should be are left out, for services get many wrong.
pub(super) fn tolerant<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    if let Ok(read) = T::deserialize(value) {
        return Ok(read);
    }
    let alone = |name: &String, value: &Value| {
        let one: Map<String, Value> = [(name.clone(), value.clone())].into_iter().collect();
        T::deserialize(Value::Object(one)).is_ok()
    };
    let mut members = value.as_object().cloned().unwrap_or_default();
    members.retain(|name, value| alone(name, value));
    let read = T::deserialize(Value::Object(members));
    read.map_err(|error| Failure::NotUnderstood(error.to_string()))
}

/// As a trouble of `what` was tried.
pub(super) fn told(
    whose: &Whose,
    redfish: &Redfish,
    what: &str,
    failure: &Failure,
    presented: Option<&str>,
) -> Trouble {
    let words = failure.words();
    match failure {
        Failure::Silent => whose.silent(what),
        Failure::Refused(Refusal { status: 401, .. }) => whose
            .unknown(what)
            .because(words)
            .hint("it does not know the user name, or the password is another one"),
        Failure::Refused(Refusal { status: 403, .. }) => whose
            .unknown(what)
            .because(words)
            .hint("the user may not do this, or the BMC has locked it after failed logins"),
        Failure::Certificate(_) => certificate(whose, redfish, what, presented).because(words),
        Failure::Unreached(_) | Failure::Cut(_) => whose
            .unreached(what)
            .because(words)
            .hint("check that the BMC has power and that this machine reaches its address"),
        Failure::NoSystem(_) => {
            let trouble = whose.unreached(what).because(words);
            redfish.system.iter().fold(trouble, |trouble, system| trouble.set_by(&system.setting))
        }
        Failure::Refused(Refusal { status: 404, .. }) | Failure::NotUnderstood(_) => whose
            .unreached(what)
            .because(words)
            .hint("check that it is a Redfish service that answers at this address"),
        Failure::Refused(_) | Failure::Elsewhere(_) | Failure::NoLink(_) | Failure::NoSessions => {
            whose.unreached(what).because(words)
        }
    }
}

fn certificate(whose: &Whose, redfish: &Redfish, what: &str, presented: Option<&str>) -> Trouble {
    let trouble = whose.trouble(what).set_by(redfish.trust.setting());
    let address = &whose.bmc.address.setting;
    let trouble =
        if redfish.trust.setting() == address { trouble } else { trouble.set_by(address) };
    let Some(digest) = presented else { return trouble };
    trouble
        .hint(format!("it presents the certificate with the SHA-256 {digest}"))
        .hint("if that is the BMC's own, trust it alone with `ymir_bmc_certificate_sha256`, or name its authorities with `ymir_bmc_certificate_authorities`")
}

#[cfg(test)]
mod tests {
    use redfish::types::ComputerSystem;
    use serde_json::json;

    use super::*;

    #[test]
    fn one_wrong_member_hides_no_other() {
        let value =
            json!({ "Model": "R1", "PowerState": 7, "ProcessorSummary": { "Count": "two" } });
        let system: ComputerSystem = tolerant(&value).unwrap();
        assert_eq!(system.model.as_deref(), Some("R1"));
        assert_eq!(system.power_state, None);
    }

    #[test]
    fn words_are_the_long_ones_if_there_are_some() {
        let long = json!({ "error": { "message": "See below.", "@Message.ExtendedInfo": [
            { "Message": "The action is not supported." }, { "Message": "The action is not supported." },
        ] } });
        assert_eq!(words(long.to_string().as_bytes()), "The action is not supported.");
        assert_eq!(words(br#"{"error": {"message": "No."}}"#), "No.");
        assert_eq!(words(b"<html>"), "");
    }
}
