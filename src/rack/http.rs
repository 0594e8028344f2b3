//! A request and an answer, as far as the rack looks at them.

use serde_json::{Value, json};

use super::{clock::Moment, file::Login};

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Of Ironic's API.
    pub version: Option<String>,
    pub authorization: Option<String>,
    /// Of Keystone's.
    pub token: Option<String>,
    pub body: Value,
    /// `http://127.0.0.1:6385`
    pub base: String,
}

impl Asked {
    /// The words of the path.
    pub fn words(&self) -> Vec<&str> {
        self.path.split('/').filter(|word| !word.is_empty()).collect()
    }

    /// The value of a key in the query.
    pub fn key(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Whether it comes from somebody who may ask.
    pub fn comes_from(&self, login: Option<&Login>) -> bool {
        login.is_none_or(|login| self.authorization.as_deref() == Some(&login.header()))
    }
}

impl Login {
    /// As HTTP's basic authentication writes it.
    fn header(&self) -> String {
        use base64::{Engine, prelude::BASE64_STANDARD};
        format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Option<Value>,
    pub headers: Vec<(&'static str, String)>,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Now(Answer),
    /// Not before this moment.
    Late(Moment, Answer),
    /// The connection ends without an answer.
    Cut,
    /// The connection ends in the middle of the answer.
    Torn(Answer),
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), headers: vec![] }
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    /// An answer without a body.
    pub fn bare(status: u16) -> Self {
        Self { status, body: None, headers: vec![] }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A refusal of Ironic's: JSON inside JSON.
    pub fn refused(status: u16, words: impl Into<String>) -> Self {
        let code = if status < 500 { "Client" } else { "Server" };
        let inner = json!({ "faultcode": code, "faultstring": words.into(), "debuginfo": null });
        Self::new(status, json!({ "error_message": inner.to_string() }))
    }
}
