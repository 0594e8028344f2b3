//! Ironic's API, as far as deployment tools use it: answers have the shapes, statuses and words of the real one, and
//! `tests/contract` holds them to it.

mod firmware;
mod nodes;
mod others;
mod ports;
mod refusals;
mod rules;
mod states;

pub use self::{refusals::pythons, rules::Rule};

use serde_json::json;

use super::{
    clock::Moment,
    fault::{Step, What},
    file::version,
    http::{Answer, Asked, Outcome},
    keystone::no_token,
    world::Rack,
};

const VERSION: &str = "X-OpenStack-Ironic-API-Version";
const LEAST: &str = "X-OpenStack-Ironic-API-Minimum-Version";
const MOST: &str = "X-OpenStack-Ironic-API-Maximum-Version";

/// The version of requests that name none.
const FIRST: (u32, u32) = (1, 1);

impl Rack {
    pub fn ironic(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Outcome {
        let newest = self.file.rack.newest();
        let versions = |answer: Answer| {
            let answer = answer.header(LEAST, "1.1");
            answer.header(MOST, format!("{}.{}", newest.0, newest.1))
        };
        if !asked.comes_from(self.file.rack.ironic.as_ref()) {
            return Outcome::Now(unauthorised());
        }
        if !self.knows_token(asked) {
            return Outcome::Now(no_token());
        }
        let spoken = match agreed(asked.version.as_deref(), newest) {
            Ok(spoken) => spoken,
            Err(answer) => return Outcome::Now(versions(answer)),
        };
        let struck = self.struck(asked, words);
        let answer = match struck {
            Some(What::Cut) => return Outcome::Cut,
            Some(What::CutAnswer) => return Outcome::Torn(self.asked(asked, words, now)),
            Some(what) => faulty(what, words, &self.file.rack.conductors.get_ref()[0]),
            None => self.asked(asked, words, now),
        };
        Outcome::Now(versions(answer).header(VERSION, format!("{}.{}", spoken.0, spoken.1)))
    }

    /// The fault that a request meets. One that names no node only meets those that are for every node.
    fn struck(&mut self, asked: &Asked, words: &[&str]) -> Option<What> {
        let name = match words {
            ["nodes", word, ..] => self.row(word).map(|row| self.nodes[&row].name().to_owned()),
            ["nodes"] => asked.body["name"].as_str().map(str::to_owned),
            _ => None,
        };
        let node = name.unwrap_or_else(|| "*".into());
        // A lock keeps nobody from looking.
        let looks = asked.method == "GET";
        let locked = |what: What| what == What::NodeLocked;
        if looks && self.faults.next(&node, Step::Api).is_some_and(locked) {
            return None;
        }
        self.faults.strike(&node, Step::Api)
    }

    fn asked(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => self.root(asked),
            (_, ["nodes", ..]) => self.on_nodes(asked, &words[1..], now),
            (_, ["ports", ..]) => self.on_ports(asked, &words[1..], now),
            (_, ["allocations", ..]) => self.on_allocations(asked, &words[1..], now),
            ("GET", ["conductors"]) => self.conductors(asked),
            ("GET", ["drivers"]) => self.drivers(asked),
            (_, ["inspection_rules", ..]) => self.on_rules(asked, &words[1..], now),
            _ => not_simulated(asked),
        }
    }
}

/// What a real Ironic may do and the rack does not.
fn not_simulated(asked: &Asked) -> Answer {
    let what = format!("{} {} is not part of the simulated rack", asked.method, asked.path);
    Answer::refused(404, what)
}

fn unauthorised() -> Answer {
    let answer = json!({ "error": { "message": "Incorrect username or password", "code": 401 } });
    Answer::new(401, answer).header("WWW-Authenticate", "Basic realm=\"Baremetal API\"")
}

/// The version to speak.
fn agreed(asked: Option<&str>, newest: (u32, u32)) -> Result<(u32, u32), Answer> {
    let Some(text) = asked else { return Ok(FIRST) };
    if text == "latest" {
        return Ok(newest);
    }
    let refused = |why: String| {
        let inner = json!({ "code": 406, "title": "Not Acceptable", "description": why });
        Answer::new(406, json!({ "error_message": inner.to_string() }))
    };
    match version(text) {
        Some(found) if found.0 == 1 && (FIRST..=newest).contains(&found) => Ok(found),
        Some(_) => Err(refused(format!(
            "Version {text} was requested but the minor version is not supported by this service. The supported version \
             range is: [1.1, {}.{}].",
            newest.0, newest.1
        ))),
        None => Err(refused(format!("Invalid value for {VERSION} header"))),
    }
}

/// The answer under a fault.
fn faulty(what: What, words: &[&str], conductor: &str) -> Answer {
    let node = words.get(1).unwrap_or(&"");
    match what {
        What::Unauthorised => unauthorised(),
        What::NodeLocked => locked(node, conductor),
        What::TooMany => Answer::refused(
            429,
            "Unable to start because the conductor has reached its limit of concurrent deployments.",
        ),
        What::Unavailable => Answer::refused(
            503,
            format!(
                "Requested action cannot be performed due to lack of free conductor workers on {conductor}."
            ),
        ),
        _ => Answer::refused(500, "Internal Server Error"),
    }
}

/// The refusal to touch what somebody holds.
fn locked(node: &str, conductor: &str) -> Answer {
    Answer::refused(
        409,
        format!(
            "Node {node} is locked by host {conductor}, please retry after the current operation is completed."
        ),
    )
}

fn no_node(word: &str) -> Answer {
    Answer::refused(404, format!("Node {word} could not be found."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_agreed_on() {
        let of = |text| agreed(text, (1, 80)).map_err(|answer| answer.status);
        assert_eq!(of(None), Ok(FIRST));
        assert_eq!(of(Some("latest")), Ok((1, 80)));
        assert_eq!(of(Some("1.56")), Ok((1, 56)));
        assert_eq!(of(Some("1.99")), Err(406));
        assert_eq!(of(Some("2.1")), Err(406));
        assert_eq!(of(Some("one")), Err(406));
    }
}
