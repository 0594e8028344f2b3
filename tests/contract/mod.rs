//! One list of requests that a real part and the simulated rack must answer alike. What the real parts answered is kept
//! beside the list; the rack is compared with it in every test, the real parts when they are up.
//!
//! Compared are statuses, shapes (keys and types), the words of errors, and the values that the list names. A value that
//! may be null agrees with any type, and an empty list with any list.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

/// Who answers.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// What stands for `{name}` in the list.
    pub(crate) names: Vec<(&'static str, String)>,
}

/// How long a node may take to where the list wants it.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Deserialize)]
struct List {
    request: Vec<Request>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    name: String,
    send: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    /// A JSON patch, which TOML writes badly.
    #[serde(default)]
    patch: Option<String>,
    #[serde(default)]
    until: Option<Until>,
    #[serde(default)]
    same: Vec<String>,
    /// Keys that the answer may have or lack.
    #[serde(default)]
    without: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    at: String,
    is: String,
}

/// What is kept of an answer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    status: u16,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    words: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    same: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    shape: Value,
}

/// Answers by the names of their requests.
pub(crate) type Answers = BTreeMap<String, Answer>;

/// Where a list and its answers lie.
pub(crate) fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract").join(name)
}

/// Sends the list.
pub(crate) async fn answers(list: &str, place: &Place) -> Answers {
    let text = fs::read_to_string(file(list)).unwrap();
    let list: List = toml::from_str(&text).unwrap();
    // Fails only when another test installed one before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let mut answers = BTreeMap::new();
    for request in &list.request {
        let answer = answer(&client, place, request).await;
        let twice = answers.insert(request.name.clone(), answer);
        assert!(twice.is_none(), "two requests are called `{}`", request.name);
    }
    answers
}

async fn answer(client: &reqwest::Client, place: &Place, request: &Request) -> Answer {
    let end = Instant::now() + PATIENCE;
    loop {
        let (status, text) = send(client, place, request).await;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let reached = request
            .until
            .as_ref()
            .is_none_or(|until| body.pointer(&until.at).is_some_and(|found| *found == until.is));
        // A conductor may hold the lock for a moment after the node is where it should be.
        let locked = status == 409 && text.contains("is locked by host");
        if reached && !locked {
            return kept(place, request, status, &body);
        }
        assert!(Instant::now() < end, "{}: it stays {status} {text}", request.name);
        sleep(Duration::from_millis(100)).await;
    }
}

async fn send(client: &reqwest::Client, place: &Place, request: &Request) -> (u16, String) {
    let (method, path) = request.send.split_once(' ').unwrap();
    let url = format!("{}{}", place.url, place.filled(path));
    let version = request.version.as_deref().unwrap_or("1.99");
    let asked = client.request(method.parse().unwrap(), url);
    let asked = asked.header("X-OpenStack-Ironic-API-Version", version);
    let asked = match place.login {
        Some((user, password)) => asked.basic_auth(user, Some(password)),
        None => asked,
    };
    let body = request.patch.clone().or(request.body.as_ref().map(Value::to_string));
    let asked = match body {
        Some(body) => asked.header("Content-Type", "application/json").body(place.filled(&body)),
        None => asked,
    };
    let answer = asked.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", request.name));
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap())
}

impl Place {
    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }

    /// The opposite, so that answers of several places can be compared.
    fn emptied(&self, text: &str) -> String {
        let text = text.replace(&self.url, "http://here");
        self.names
            .iter()
            .fold(text, |text, (name, value)| text.replace(value.as_str(), &format!("{{{name}}}")))
    }

    fn emptied_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.emptied(&value.to_string())).unwrap()
    }
}

fn kept(place: &Place, request: &Request, status: u16, body: &Value) -> Answer {
    let same = request.same.iter().map(|pointer| {
        let value = body.pointer(pointer).unwrap_or(&Value::Null);
        (pointer.clone(), place.emptied_value(value))
    });
    let mut compared = place.emptied_value(body);
    if let Value::Object(map) = &mut compared {
        map.retain(|key, _| !request.without.contains(key));
    }
    let words = if status < 400 { String::new() } else { place.emptied(&words(body)) };
    Answer { status, words, same: same.collect(), shape: shape(&compared) }
}

/// The words of an error of Ironic's: `error_message` holds JSON as text.
fn words(body: &Value) -> String {
    let inner = match &body["error_message"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    };
    let found = inner["faultstring"].as_str();
    // A number is a row of Ironic's database.
    let masked =
        |word: &str| if word.parse::<u64>().is_ok() { "N".to_owned() } else { word.to_owned() };
    found.unwrap_or_default().split(' ').map(masked).collect::<Vec<_>>().join(" ")
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        // Of nodes, the list's own come last.
        Value::Array(items) => items.last().map(shape).into_iter().collect(),
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
    }
}

/// What differs, one line each.
pub(crate) fn differences(kept: &Answers, given: &Answers) -> Vec<String> {
    let mut told = Vec::new();
    for (name, kept) in kept {
        let Some(given) = given.get(name) else {
            told.push(format!("{name}: not asked"));
            continue;
        };
        if (kept.status, &kept.words) != (given.status, &given.words) {
            let said = |answer: &Answer| format!("{} {}", answer.status, answer.words);
            told.push(format!("{name}: {}, not {}", said(given), said(kept)));
        }
        for (pointer, value) in &kept.same {
            let given = given.same.get(pointer).unwrap_or(&Value::Null);
            if given != value {
                told.push(format!("{name}: {pointer} is {given}, not {value}"));
            }
        }
        compare(name, &kept.shape, &given.shape, &mut told);
    }
    told.extend(
        given
            .keys()
            .filter(|name| !kept.contains_key(*name))
            .map(|name| format!("{name}: not kept")),
    );
    told
}

fn compare(at: &str, kept: &Value, given: &Value, told: &mut Vec<String>) {
    match (kept, given) {
        (Value::Object(kept), Value::Object(given)) => {
            for (key, kept) in kept {
                match given.get(key) {
                    Some(given) => compare(&format!("{at} / {key}"), kept, given, told),
                    None => told.push(format!("{at}: lacks {key}, {kept}")),
                }
            }
            let more = given.keys().filter(|key| !kept.contains_key(*key));
            told.extend(more.map(|key| format!("{at}: has {key}")));
        }
        (Value::Array(kept), Value::Array(given)) => {
            if let (Some(kept), Some(given)) = (kept.first(), given.first()) {
                compare(&format!("{at} / 0"), kept, given, told);
            }
        }
        (kept, given) if kept == given || kept == "null" || given == "null" => {}
        (kept, given) => told.push(format!("{at}: is {given}, not {kept}")),
    }
}

/// The answers that are kept.
pub(crate) fn read(name: &str) -> Answers {
    let path = file(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Keeps answers.
pub(crate) fn write(path: &Path, answers: &Answers) {
    fs::write(path, serde_json::to_string_pretty(answers).unwrap() + "\n").unwrap();
}

/// What the list for Ironic calls its nodes, port and allocation.
pub(crate) fn ironics_names() -> Vec<(&'static str, String)> {
    let uuid = |end| format!("aaaaaaaa-0000-4000-8000-00000000000{end}");
    ["uuid", "other", "port", "allocation", "rule", "secret-rule", "open-rule"]
        .into_iter()
        .zip((1..).map(uuid))
        .collect()
}
