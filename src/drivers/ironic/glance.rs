//! Glance: which image has a name.

use std::{collections::BTreeMap, time::Instant};

use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::{
    client::{Pace, Told},
    keystone::{Closed, Keystone},
};
use crate::{
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// How Glance is called in catalogues.
const TYPES: [&str; 1] = ["image"];

/// The images that were asked for, each once for all nodes.
#[derive(Debug, Default)]
pub(super) struct Images {
    found: tokio::sync::Mutex<BTreeMap<String, String>>,
}

/// How one attempt ended without an image.
enum Missed {
    Passing(String),
    Final(Trouble),
}

impl Images {
    /// The UUID of the one image with the name.
    pub(super) async fn id(
        &self,
        keystone: &Keystone,
        name: &Sourced<String>,
        pace: Pace,
        told: Told<'_>,
    ) -> Result<String> {
        let mut found = self.found.lock().await;
        if let Some(id) = found.get(&name.value) {
            return Ok(id.clone());
        }
        let began = Instant::now();
        loop {
            match once(keystone, name).await {
                Ok(id) => {
                    found.insert(name.value.clone(), id.clone());
                    return Ok(id);
                }
                Err(Missed::Final(trouble)) => return Err(trouble),
                Err(Missed::Passing(why)) if began.elapsed() < pace.limit => told(why),
                Err(Missed::Passing(why)) => {
                    return Err(
                        trouble(name).because(format!("still {why} after {:?}", pace.limit))
                    );
                }
            }
            tokio::time::sleep(pace.pause).await;
        }
    }
}

async fn once(keystone: &Keystone, name: &Sourced<String>) -> Result<String, Missed> {
    let ticket = keystone.ticket().await.map_err(|closed| match closed {
        Closed::Passing(why) => Missed::Passing(why),
        Closed::Final(trouble) => Missed::Final(trouble.while_trying(asking(name))),
    })?;
    let place = keystone.place(&TYPES).map_err(Missed::Final)?;
    let base = place.trim_end_matches('/').trim_end_matches("/v2");
    let url = Url::parse_with_params(&format!("{base}/v2/images"), [("name", &name.value)]);
    let url = url.map_err(|error| Missed::Final(trouble(name).because(error)))?;
    let asked = keystone.http().get(url);
    let answer = asked.header("X-Auth-Token", ticket.header()).send().await;
    let answer = answer.map_err(|error| {
        let hint = "check that Glance runs and that this machine reaches it";
        Missed::Final(trouble(name).because(error.without_url()).hint(hint))
    })?;
    let status = answer.status();
    let said: Value = answer.json().await.unwrap_or(Value::Null);
    match status {
        StatusCode::UNAUTHORIZED if keystone.give_back(&ticket).await => {
            Err(Missed::Passing("asking Keystone for a new token".into()))
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Err(Missed::Passing("waiting for Glance, which is busy".into()))
        }
        status if status.is_success() => {
            ticket.has_served();
            only(name, &said).map_err(Missed::Final)
        }
        status => Err(Missed::Final(
            trouble(name)
                .because(format!("HTTP status {} from Glance at {base}", status.as_u16()))
                .hint("see which roles the user has, and in which project"),
        )),
    }
}

/// The image, if there is just one.
fn only(name: &Sourced<String>, said: &Value) -> Result<String> {
    let images = said["images"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<_> = images.iter().filter_map(|image| image["id"].as_str()).collect();
    match ids[..] {
        [id] => Ok(id.to_owned()),
        [] => Err(trouble(name).because("Glance has no such image").hint(format!(
            "upload it: `openstack image create {} --disk-format aki --container-format aki --file …`, and `ari` for \
             a ramdisk",
            name.value
        ))),
        _ => Err(trouble(name)
            .because(format!("Glance has several: {}", ids.join(", ")))
            .hint("rename all but the newest of them")),
    }
}

fn asking(name: &Sourced<String>) -> String {
    format!("asking Glance for the image `{}`", name.value)
}

fn trouble(name: &Sourced<String>) -> Trouble {
    Trouble::host(asking(name)).set_by(&name.setting)
}
