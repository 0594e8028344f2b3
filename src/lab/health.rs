//! Whether a service does its work, asked the way its users would.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{drivers::libvirt::Libvirt, model::lab::Endpoint, secret::Secret};

/// One question may take this long.
const LIMIT: Duration = Duration::from_secs(10);

/// How to ask a service for its health.
#[derive(Debug, Clone)]
pub(super) enum Health {
    /// It lists its domains.
    Libvirt(Libvirt),
    /// Somebody listens on each of these UDP ports.
    Udp(Vec<u16>),
    /// The image server shows its directory.
    Images(Endpoint),
    /// The BMC emulator lists its systems to whoever knows the password.
    Redfish { url: Endpoint, user: String, password: Secret },
    /// Ironic's conductor has its drivers.
    Ironic(Endpoint),
}

impl Health {
    /// Nothing if the service is well, else why not.
    pub(super) async fn fault(&self) -> Option<String> {
        self.ask().await.err()
    }

    async fn ask(&self) -> Result<(), String> {
        match self {
            Self::Libvirt(libvirt) => {
                libvirt.domains().await.map(drop).map_err(|trouble| trouble.to_string())
            }
            Self::Udp(ports) => ports.iter().try_for_each(|port| udp(*port)),
            Self::Images(url) => get(&format!("{url}/"), |it| it).await.map(drop),
            Self::Redfish { url, user, password } => {
                let url = format!("{url}/redfish/v1/Systems");
                get(&url, |it| it.basic_auth(user, Some(password.reveal()))).await.map(drop)
            }
            Self::Ironic(url) => {
                // Not the conductor's `alive`: with SQLite, Ironic does not keep that up to date.
                let drivers = get(&format!("{url}/v1/drivers"), |it| it).await?;
                let mut names = drivers["drivers"].as_array().into_iter().flatten();
                let is_ready = names.any(|driver| driver["name"] == "redfish");
                is_ready.then_some(()).ok_or_else(|| "no conductor drives Redfish yet".into())
            }
        }
    }
}

/// Gets a page on the lab's bridge, never through a proxy; an answer that is not JSON is null.
async fn get(
    url: &str,
    with: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
) -> Result<Value, String> {
    let chain = |error: reqwest::Error| {
        let causes =
            std::iter::successors(std::error::Error::source(&error), |error| error.source());
        causes.last().map_or_else(|| error.to_string(), ToString::to_string)
    };
    // The client wants to know one even for plain HTTP; a second call changes nothing.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().map_err(chain)?;
    let response =
        with(client.get(url)).send().await.map_err(|error| format!("{url}: {}", chain(error)))?;
    if !response.status().is_success() {
        return Err(format!("{url}: {}", response.status()));
    }
    let text = response.text().await.map_err(chain)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn udp(port: u16) -> Result<(), String> {
    let table = fs::read_to_string("/proc/net/udp").map_err(|error| error.to_string())?;
    let has = |line: &str| {
        line.split_whitespace().nth(1).is_some_and(|it| it.ends_with(&format!(":{port:04X}")))
    };
    table.lines().any(has).then_some(()).ok_or_else(|| format!("nobody listens on UDP port {port}"))
}
