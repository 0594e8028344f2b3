//! What a host said over SSH, or why it said nothing: pure reading of `ssh`'s output.

use crate::{
    drivers::process::Output,
    plan::action::host::Verify,
    trouble::{Result, Trouble},
};

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Told(Told),
    Silent(Silence),
}

/// Who the host says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub name: String,
    pub addresses: Vec<String>,
    /// The image it was deployed from; images that Ymir did not build do not say.
    pub image: Option<String>,
}

/// Why there is no answer, with ssh's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// Nobody listens yet.
    NoAnswer(String),
    /// Somebody listens, with another host key than the expected one, or nobody knows which to expect.
    WrongKey(String),
    /// It is the host, and it does not let us in (yet: users are made while it boots).
    NoEntry(String),
}

impl Silence {
    /// A few words while waiting.
    pub fn progress(&self) -> String {
        match self {
            Self::NoAnswer(_) => "waiting for SSH to answer".into(),
            Self::WrongKey(_) => "the host key differs".into(),
            Self::NoEntry(_) => "SSH answers, but does not let Ymir in yet".into(),
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::NoAnswer(words) | Self::WrongKey(words) | Self::NoEntry(words) => words,
        }
    }
}

/// Marks of a host key that is not the expected one, in OpenSSH's words.
const WRONG_KEY: &[&str] = &[
    "Host key verification failed",
    "REMOTE HOST IDENTIFICATION HAS CHANGED",
    "host key is known for",
    "no matching host key type found",
];

const NO_ENTRY: &[&str] =
    &["Permission denied", "System is booting up", "Too many authentication failures"];

/// What the output of one attempt means.
pub fn read(output: &Output) -> Reply {
    if output.code == 0 {
        return Reply::Told(told(&output.stdout));
    }
    let says = |marks: &[&str]| marks.iter().any(|mark| output.stderr.contains(mark));
    let last = output.stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
    let words = last.unwrap_or("ssh says nothing").to_owned();
    Reply::Silent(match (says(WRONG_KEY), says(NO_ENTRY)) {
        (true, _) => Silence::WrongKey(words),
        (_, true) => Silence::NoEntry(words),
        _ => Silence::NoAnswer(words),
    })
}

fn told(text: &str) -> Told {
    let mut told = Told::default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("name", name)) => name.trim().clone_into(&mut told.name),
            Some(("address", address)) => {
                told.addresses.push(address.split('/').next().unwrap_or_default().to_owned());
            }
            Some(("image", json)) => {
                let image: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
                told.image = image["name"].as_str().map(str::to_owned);
            }
            _ => {}
        }
    }
    told
}

/// The host's name and address must be its own. A name may carry a domain.
pub fn is_the_host(host: &str, action: &Verify, told: &Told) -> Result<()> {
    let trouble = || Trouble::host(format!("{host}: verifying the host over SSH"));
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    if short(&told.name) != short(host) {
        return Err(trouble()
            .because(format!("at {} answers a host that calls itself {}", action.access.address.value, told.name))
            .set_by(&action.access.address.setting)
            .hint("see which machine has this address; `ymir overcloud deprovision` and `provision` start it anew"));
    }
    let address = action.address.value.to_string();
    if !told.addresses.contains(&address) {
        return Err(trouble()
            .because(format!(
                "it has no interface with {address}, only {}",
                told.addresses.join(", ")
            ))
            .set_by(&action.address.setting)
            .hint("compare the network of its config drive with the network of the host"));
    }
    Ok(())
}

/// Words if the host runs another image than it should.
pub fn other_image(action: &Verify, told: &Told) -> Option<String> {
    let image = told.image.as_ref().filter(|image| **image != action.image.value)?;
    Some(format!("it runs the image {image}, not {}", action.image.value))
}

/// The host key is not the expected one: never waited out, never accepted.
pub fn wrong_key(host: &str, action: &Verify, words: &str) -> Trouble {
    let address = &action.access.address;
    Trouble::host(format!("{host}: verifying the host over SSH"))
        .because(format!("the machine at {} does not have the SSH host key that Ymir expects", address.value))
        .because(words)
        .set_by(&address.setting)
        .hint(format!(
            "either another machine answers there, or the host was set up anew without Ymir. If you know its key, put \
             it into {}; else deprovision and provision the host",
            action.known_hosts
        ))
}

/// The host did not answer in time.
pub fn too_long(host: &str, action: &Verify, silence: &Silence) -> Trouble {
    let access = &action.access;
    let trouble = Trouble::host(format!("{host}: waiting for SSH at {}", access.address.value))
        .because(format!("no success after {} s: {}", action.wait.value, silence.progress()))
        .because(silence.words());
    match silence {
        Silence::NoEntry(_) => trouble
            .set_by(&access.user.setting)
            .set_by(&access.private_key.setting)
            .hint("is it the image's user, and does the private key belong to the public key that was deployed?"),
        _ => trouble.set_by(&action.wait.setting).set_by(&access.address.setting).hint(format!(
            "watch the host's console; `-e {}=SECONDS` waits longer, and giving the command again takes on from here",
            action.wait.setting.variable
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(code: i32, stdout: &str, stderr: &str) -> Output {
        Output { code, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn what_a_host_tells() {
        let text = "name bm1\naddress 127.0.0.1/8\naddress 172.22.0.11/24\nimage {\"name\": \"debian-12\",\"digest\": \"x\"}\n";
        let Reply::Told(told) = read(&output(0, text, "")) else { panic!() };
        assert_eq!(told.name, "bm1");
        assert_eq!(told.addresses, ["127.0.0.1", "172.22.0.11"]);
        assert_eq!(told.image.as_deref(), Some("debian-12"));
        let Reply::Told(told) = read(&output(0, "name bm1\nimage \n", "")) else { panic!() };
        assert_eq!(told.image, None);
    }

    #[test]
    fn why_a_host_is_silent() {
        let table = [
            (
                "ssh: connect to host 172.22.0.11 port 22: No route to host",
                "waiting for SSH to answer",
            ),
            (
                "ssh: connect to host 172.22.0.11 port 22: Connection refused",
                "waiting for SSH to answer",
            ),
            (
                "debian@172.22.0.11: Permission denied (publickey).",
                "SSH answers, but does not let Ymir in yet",
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                "the host key differs",
            ),
            (
                "No ED25519 host key is known for 172.22.0.11 and you have requested strict checking.",
                "the host key differs",
            ),
            (
                "Unable to negotiate with 172.22.0.11 port 22: no matching host key type found. Their offer: ssh-rsa",
                "the host key differs",
            ),
        ];
        for (stderr, progress) in table {
            let Reply::Silent(silence) = read(&output(255, "", stderr)) else { panic!("{stderr}") };
            assert_eq!(silence.progress(), progress, "{stderr}");
        }
    }
}
