//! Virtual machines and storage pools, through the small executable `ymir-libvirt`: only that one links libvirt, so that
//! `ymir` starts anywhere. One request goes to its standard input, one reply comes from its standard output.

use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::process::Run;
use crate::trouble::{Result, Tell, Trouble};

/// The executable's name; it is looked for beside `ymir`, then on the path.
pub const PROGRAM: &str = "ymir-libvirt";

/// libvirt answers in milliseconds; one that does not answer for this long hangs.
const LIMIT: Duration = Duration::from_mins(1);

/// What the executable is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Where libvirt is, such as `qemu:///system`.
    pub uri: String,
    #[serde(flatten)]
    pub ask: Ask,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// All domains with their state.
    Domains,
    /// Makes a domain, or changes the one of the same name and UUID.
    Define { xml: String },
    /// Removes a domain's definition and its firmware variables; no domain of that name is fine.
    Undefine { name: String },
    /// Switches a domain off at once; one that is off or does not exist is fine.
    Destroy { name: String },
    /// Switches a domain on; one that is on is fine.
    Start { name: String },
    /// Makes sure that a directory is a running storage pool that starts with libvirt.
    Pool { name: String, path: String },
}

/// What the executable says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Domains(Vec<Domain>),
    /// Done; whether anything had to be changed.
    Done {
        changed: bool,
    },
    /// libvirt's own words for what went wrong.
    Failed {
        message: String,
    },
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    pub name: String,
    pub uuid: String,
    pub running: bool,
    /// Why it stands still, if it does.
    #[serde(default)]
    pub paused: Option<Pause>,
}

/// Why a virtual machine stands still though it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// Its disk could not be written or read; mostly the disk of this machine is full.
    Disk,
    Other,
}

/// A libvirt to ask.
#[derive(Debug, Clone)]
pub struct Libvirt {
    uri: String,
    program: String,
}

impl Libvirt {
    pub fn at(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), program: program() }
    }

    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// All domains, sorted by name.
    pub async fn domains(&self) -> Result<Vec<Domain>> {
        let what = || format!("listing the domains of {}", self.uri);
        match self.ask(Ask::Domains, &what).await? {
            Reply::Domains(domains) => Ok(domains),
            other => Err(unexpected(&what(), &other)),
        }
    }

    /// Does something to a domain or a pool and says whether anything had to be changed.
    pub async fn change(&self, ask: Ask) -> Result<bool> {
        let what = || match &ask {
            Ask::Domains => "listing domains".to_owned(),
            Ask::Define { .. } => "defining a domain".to_owned(),
            Ask::Undefine { name } => format!("{name}: removing the domain"),
            Ask::Destroy { name } => format!("{name}: switching the domain off"),
            Ask::Start { name } => format!("{name}: switching the domain on"),
            Ask::Pool { name, path } => format!("making {path} the storage pool `{name}`"),
        };
        match self.ask(ask.clone(), &what).await? {
            Reply::Done { changed } => Ok(changed),
            other => Err(unexpected(&what(), &other)),
        }
    }

    async fn ask(&self, ask: Ask, what: &impl Fn() -> String) -> Result<Reply> {
        let request = Request { uri: self.uri.clone(), ask };
        let input = serde_json::to_vec(&request).or_internal(what)?;
        let run = Run::new(&self.program).input(input).time_limit(LIMIT);
        let output = run.output().await.map_err(|trouble| missing(trouble).while_trying(what()))?;
        if output.code != 0 {
            return Err(broken(&output.stderr).while_trying(what()));
        }
        match read::<Reply>(&output.stdout).or_internal(what)? {
            Reply::Failed { message } => Err(Trouble::host(what()).because(message)),
            reply => Ok(reply),
        }
    }
}

fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}

fn program() -> String {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(PROGRAM)));
    let found = beside.filter(|path| path.is_file());
    found.map_or_else(|| PROGRAM.into(), |path| path.to_string_lossy().into_owned())
}

fn missing(trouble: Trouble) -> Trouble {
    trouble.hint(format!(
        "`{PROGRAM}` belongs beside `ymir`; build it with `cargo build --features libvirt --bin {PROGRAM}` \
         (needs the Debian packages libvirt-dev and pkg-config, which `ymir lab packages` installs)"
    ))
}

/// The executable ended without a reply: most likely the dynamic linker could not start it.
fn broken(stderr: &str) -> Trouble {
    let trouble = Trouble::host(format!("running `{PROGRAM}`")).because(stderr.trim());
    if stderr.contains("shared librar") {
        trouble.hint("install the Debian package libvirt0; `ymir lab packages` does")
    } else {
        trouble
    }
}

fn unexpected(what: &str, reply: &Reply) -> Trouble {
    Trouble::internal(what)
        .because(format!("`{PROGRAM}` answered {reply:?}"))
        .hint(format!("`ymir` and `{PROGRAM}` must be of the same version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_are_plain_json() {
        let request = Request {
            uri: "qemu:///system".into(),
            ask: Ask::Pool { name: "default".into(), path: "/pool".into() },
        };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(
            text,
            r#"{"uri":"qemu:///system","ask":"pool","name":"default","path":"/pool"}"#
        );
        assert_eq!(read::<Request>(&text).unwrap(), request);
        let reply = r#"{"domains":[{"name":"bm1","uuid":"u","running":false}]}"#;
        assert!(
            matches!(read(reply).unwrap(), Reply::Domains(domains) if domains[0].name == "bm1")
        );
    }

    #[test]
    fn a_missing_library_is_explained() {
        let stderr =
            "ymir-libvirt: error while loading shared libraries: libvirt.so.0: cannot open";
        assert!(broken(stderr).hints[0].contains("libvirt0"));
    }
}
